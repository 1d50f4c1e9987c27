/* What the depthwise convolutions with SIMD share. */
#ifndef NN_KERNELS_SIMD_DEPTHWISE_CONV_H
#define NN_KERNELS_SIMD_DEPTHWISE_CONV_H

#include <stdbool.h>

#include "kernels/depthwise_conv.h"

/** A call; see nn_depthwise_conv_s8(). */
typedef struct {
    const nn_conv_params *params;
    const int32_t *multipliers;
    const int8_t *shifts;
    const int8_t *filter;
    const int32_t *bias;
    bool are_short; /**< nn_are_short() of all channels */
} nn_depthwise_conv;

/** Whether the rescaling of some channels needs no care for overflows. */
bool nn_are_short(const nn_depthwise_conv *conv, int32_t first, int32_t end);

/** Row y of the output, its channels from `first` up to `end`, with any window. input: of the
 * batch. output: the row. */
void nn_depthwise_conv_row(const nn_depthwise_conv *conv, const int8_t *input, int32_t y,
                           int32_t first, int32_t end, int8_t *output);

/** Whether nn_depthwise_conv_3x3() can do it: at least four channels, each with an input channel
 * of its own, and a window of 3x3 whose middle column never leaves the image. */
bool nn_is_depthwise_conv_3x3(const nn_conv_params *params);

/** The whole of it. */
void nn_depthwise_conv_3x3(const nn_depthwise_conv *conv, const int8_t *input, int8_t *output);

#endif
