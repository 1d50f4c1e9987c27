/**
 * blobs: the files that the build links into the image, as they are.
 */
#ifndef APP_BLOBS_H
#define APP_BLOBS_H

#include <stdint.h>

/** The .tflite model, aligned as the engine wants it. */
extern const uint8_t blob_model[];
extern const uint8_t blob_model_end[];

/** Self-test images and the host's outputs for them; see selftest.c for the format. */
extern const uint8_t blob_selftest[];
extern const uint8_t blob_selftest_end[];

#endif
