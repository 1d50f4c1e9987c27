/* Transposed 2D convolution of int8 with int8 weights that are quantized per output channel. */
#ifndef NN_KERNELS_TRANSPOSE_CONV_H
#define NN_KERNELS_TRANSPOSE_CONV_H

#include <stdint.h>

#include "kernels/conv.h"

/** The filter elements that lead to one output position along an axis, `stride` apart: element i
 * comes from input (reach - i) / stride. */
typedef struct {
    int32_t reach;
    int32_t begin;
    int32_t end;
} nn_taps;

static inline nn_taps nn_taps_at(const nn_axis *axis, int32_t position) {
    int32_t reach = position + axis->padding;
    int32_t past = reach / axis->stride - axis->output + 1; /* inputs that there are none of */
    int32_t begin = reach % axis->stride + (past > 0 ? past : 0) * axis->stride;
    int32_t end = reach < axis->filter ? reach + 1 : axis->filter;
    return (nn_taps){.reach = reach, .begin = begin, .end = end};
}

/** As nn_conv_s8(), but the axes are those of the convolution that leads back, from this one's
 * output to its input: axis.input is the size of the output here. */
void nn_transpose_conv_s8(const nn_conv_params *params, const int32_t *multipliers,
                          const int8_t *shifts, const int8_t *input, const int8_t *filter,
                          const int32_t *bias, int8_t *output);

#endif
