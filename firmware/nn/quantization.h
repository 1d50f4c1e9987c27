/* From the real numbers that a model is quantized with to the integers that kernels work with; as
 * tflite/kernels/internal/quantization_util.cc and tflite/kernels/kernel_util.cc do it. */
#ifndef NN_QUANTIZATION_H
#define NN_QUANTIZATION_H

#include "op.h"

/** Splits a positive number into multiplier / 2^31 * 2^shift; see nn_multiply(). False if it is too
 * large, i.e. shift would exceed 30; too small a number becomes 0. */
bool nn_quantize_multiplier(double real, int32_t *multiplier, int32_t *shift);

/** Lets a multiplier divide by a count too, with as many bits as its shift has room for. */
void nn_divide_multiplier(int32_t *multiplier, int32_t *shift, int32_t count);

/** The range of int8 or uint8. */
int32_t nn_lowest(nn_type type);
int32_t nn_highest(nn_type type);

/** The range of an int8 or uint8 output after its fused activation. False (and nn_fail()) if the
 * activation is not supported. */
bool nn_activation_range(nn_node *node, uint8_t activation, const nn_tensor *output, int32_t *min,
                         int32_t *max);

#endif
