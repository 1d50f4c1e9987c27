/* 2D convolution of int8 with int8 weights that are quantized per output channel, and of uint8. */
#ifndef NN_KERNELS_CONV_H
#define NN_KERNELS_CONV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/window.h"

typedef struct {
    nn_axis y;
    nn_axis x;
    int32_t batches;
    int32_t input_channels;
    int32_t group_channels; /**< input channels that one output channel sees */
    int32_t output_channels;
    int32_t group_outputs; /**< output channels that see the same input channels */
    int32_t input_offset;  /**< minus the input's zero point */
    int32_t filter_offset; /**< minus the filter's zero point; 0 for int8 */
    int32_t output_offset; /**< the output's zero point */
    int32_t min;
    int32_t max;
    bool is_unsigned; /**< uint8, else int8 */
} nn_conv_params;

/** Output positions that the SIMD kernel computes at once: many, or few where a window is so large
 * that many would take too much scratch memory, or where no more are left. */
#define NN_CONV_MANY 6
#define NN_CONV_FEW 2
#define NN_CONV_LARGE_WINDOW 1024

/** The scratch memory that a window of so many elements takes, with any kernel, so that a model
 * takes as much arena on every machine: columns of int16, and a window's bytes if its rows are not
 * made of whole words. */
static inline uint32_t nn_conv_scratch(int32_t window, int32_t group_channels) {
    uint32_t lanes = window > NN_CONV_LARGE_WINDOW ? NN_CONV_FEW : NN_CONV_MANY;
    uint32_t words = lanes * 2u + (group_channels % 4 != 0 ? 1u : 0u);
    return ((uint32_t)window + 3u) / 4u * words * (uint32_t)sizeof(uint32_t);
}

/** input: NHWC. filter: output channel, y, x, input channel. bias: one an output channel, or NULL.
 * multipliers (not negative), shifts: see nn_multiply(), one an output channel. scratch:
 * nn_conv_scratch() bytes. Without groups, when a position of the output is written nothing of the
 * input is read any more but the windows of that position and of those after it. */
void nn_conv_s8(const nn_conv_params *params, const int32_t *multipliers, const int8_t *shifts,
                const int8_t *input, const int8_t *filter, const int32_t *bias, uint32_t *scratch,
                int8_t *output);

/** The same of uint8, with one multiplier and shift for all; without scratch memory. */
void nn_conv_u8(const nn_conv_params *params, const int32_t *multipliers, const int8_t *shifts,
                const uint8_t *input, const uint8_t *filter, const int32_t *bias, uint8_t *output);

#endif
