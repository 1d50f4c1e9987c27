/* What LiteRT's reference kernels and TFLM's prepare in different ways: here TFLM's. */
#ifndef NN_OPS_ARITHMETIC_H
#define NN_OPS_ARITHMETIC_H

#include <math.h>

#include "kernels/output_scale.h"
#include "op.h"
#include "quantization.h"

/** RELU6 takes its output to be quantized as its input is: Relu6Prepare of
 * tflite/micro/kernels/activations_common.cc does not look at it. */
enum { NN_RELU6_KEEPS_QUANTIZATION = 1 };

/** False if it is out of range. */
static inline bool nn_prepare_output_scale(nn_output_scale *scale, double real) {
    return nn_quantize_multiplier(real, &scale->multiplier, &scale->shift);
}

/** What HARD_SWISH, LEAKY_RELU, MUL, PRELU and RELU rescale by, in double precision. */
typedef double nn_real;

static inline nn_real nn_product_scale(nn_real a, nn_real b, nn_real output) {
    return a * b / output;
}

/** What SVDF rescales by, in single precision. */
static inline double nn_svdf_scale(float a, float b, float output) {
    return (double)(a * b / output);
}

/** What ELU of int8 gives for a negative number: tflite/micro/kernels/elu.cc. */
static inline float nn_elu_below_0(float x) {
    return expf(x) - 1.0f;
}

/** What SUM takes its elements for: there are no others in this arithmetic. */
static inline nn_type nn_sum_sees(void) {
    return NN_INT8;
}

#endif
