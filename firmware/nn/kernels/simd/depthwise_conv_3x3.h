/* The depthwise convolution that most networks are made of: a window of 3x3 that sees one input
 * channel an output channel. */
#ifndef NN_KERNELS_SIMD_DEPTHWISE_CONV_3X3_H
#define NN_KERNELS_SIMD_DEPTHWISE_CONV_3X3_H

#include <stdbool.h>

#include "kernels/depthwise_conv.h"

/** Whether nn_depthwise_conv_3x3() can do it: at least four channels, a window whose middle never
 * leaves the image, and numbers whose rescaling overflows nowhere. */
bool nn_is_depthwise_conv_3x3(const nn_conv_params *params, const int8_t *shifts,
                              const int32_t *bias);

/** As nn_depthwise_conv_s8(). */
void nn_depthwise_conv_3x3(const nn_conv_params *params, const int32_t *multipliers,
                           const int8_t *shifts, const int8_t *input, const int8_t *filter,
                           const int32_t *bias, int8_t *output);

#endif
