/* Depthwise 2D convolution of int8 with int8 weights that are quantized per output channel, and of
 * uint8. */
#ifndef NN_KERNELS_DEPTHWISE_CONV_H
#define NN_KERNELS_DEPTHWISE_CONV_H

#include <stdint.h>

#include "kernels/conv.h"

/** A convolution in groups of one input channel each, whose filter lies in another order: y, x,
 * output channel. input: NHWC. bias: one an output channel, or NULL. multipliers, shifts: see
 * nn_multiply(), one an output channel. */
void nn_depthwise_conv_s8(const nn_conv_params *params, const int32_t *multipliers,
                          const int8_t *shifts, const int8_t *input, const int8_t *filter,
                          const int32_t *bias, int8_t *output);
void nn_depthwise_conv_u8(const nn_conv_params *params, const int32_t *multipliers,
                          const int8_t *shifts, const uint8_t *input, const uint8_t *filter,
                          const int32_t *bias, uint8_t *output);

#endif
