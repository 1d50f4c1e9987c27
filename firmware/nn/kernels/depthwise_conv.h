/* Depthwise 2D convolution of int8 with int8 weights that are quantized per output channel, and of
 * uint8. */
#ifndef NN_KERNELS_DEPTHWISE_CONV_H
#define NN_KERNELS_DEPTHWISE_CONV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/window.h"

typedef struct {
    nn_axis y;
    nn_axis x;
    int32_t batches;
    int32_t input_channels;
    int32_t output_channels;
    int32_t multiplier;    /**< output channels that see one input channel */
    int32_t input_offset;  /**< minus the input's zero point */
    int32_t filter_offset; /**< minus the filter's zero point; 0 for int8 */
    int32_t output_offset; /**< the output's zero point */
    int32_t min;
    int32_t max;
    bool is_unsigned; /**< uint8, else int8 */
} nn_depthwise_conv_params;

/** input: NHWC. filter: y, x, output channel. bias: one an output channel, or NULL.
 * multipliers, shifts: see nn_multiply(), one an output channel. */
void nn_depthwise_conv_s8(const nn_depthwise_conv_params *params, const int32_t *multipliers,
                          const int8_t *shifts, const int8_t *input, const int8_t *filter,
                          const int32_t *bias, int8_t *output);
void nn_depthwise_conv_u8(const nn_depthwise_conv_params *params, const int32_t *multipliers,
                          const int8_t *shifts, const uint8_t *input, const uint8_t *filter,
                          const int32_t *bias, uint8_t *output);

#endif
