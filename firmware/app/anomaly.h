/**
 * anomaly: what MLPerf Tiny's ad01 exchanges: real numbers in, how far its output is from them out.
 *
 * The benchmark's autoencoder is an anomaly detector by its error alone, which its firmware
 * calculates. Nothing of this is linked for a model of another name.
 */
#ifndef APP_ANOMALY_H
#define APP_ANOMALY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "build_info.h"

/** Whether the model is the benchmark's, by its name. */
static inline bool anomaly_is_asked_for(void) {
    return strcmp(BUILD_MODEL_NAME, "ad01") == 0;
}

/** Bytes of an input in real numbers (float32); 0 if there is no room for them. */
uint32_t anomaly_bytes(void);

/** Keeps the real numbers in `input`, and puts the model's input there in their place. */
void anomaly_take(uint8_t *input);

/** Forgets them: the input is another one. */
void anomaly_forget(void);

/** Whether the input is the one that was taken. */
bool anomaly_is_taken(void);

/** The mean squared error of the model's output, in real numbers. */
float anomaly_error(void);

#endif
