/* Transposed 2D convolution of int8 with int8 weights that are quantized per output channel. */
#ifndef NN_KERNELS_TRANSPOSE_CONV_H
#define NN_KERNELS_TRANSPOSE_CONV_H

#include <stdint.h>

#include "kernels/conv.h"

/** As nn_conv_s8(), but the axes are those of the convolution that leads back, from this one's
 * output to its input: axis.input is the size of the output here. */
void nn_transpose_conv_s8(const nn_conv_params *params, const int32_t *multipliers,
                          const int8_t *shifts, const int8_t *input, const int8_t *filter,
                          const int32_t *bias, int8_t *output);

#endif
