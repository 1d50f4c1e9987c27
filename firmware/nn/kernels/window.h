/* A window that slides over an image in NHWC order: what convolutions and pools have in common. */
#ifndef NN_KERNELS_WINDOW_H
#define NN_KERNELS_WINDOW_H

#include <stdint.h>

/** One axis of the sliding. */
typedef struct {
    int32_t input;
    int32_t output;
    int32_t filter;
    int32_t stride;
    int32_t dilation;
    int32_t padding; /**< before the first element */
} nn_axis;

/** The part of the window at one output position that lies within the input. */
typedef struct {
    int32_t origin; /**< input position of filter element 0; may be negative */
    int32_t begin;  /**< first filter element within the input */
    int32_t end;    /**< one after the last */
} nn_span;

static inline nn_span nn_span_at(const nn_axis *axis, int32_t output) {
    nn_span span = {.origin = output * axis->stride - axis->padding, .end = axis->filter};
    int32_t room = axis->input - span.origin;
    if (span.origin < 0) {
        span.begin = (axis->dilation - 1 - span.origin) / axis->dilation;
    }
    if (room < axis->filter * axis->dilation) {
        span.end = (room + axis->dilation - 1) / axis->dilation;
    }
    return span;
}

#endif
