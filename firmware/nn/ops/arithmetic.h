/* What LiteRT's reference kernels and TFLM's prepare in different ways: here LiteRT's. */
#ifndef NN_OPS_ARITHMETIC_H
#define NN_OPS_ARITHMETIC_H

#include <math.h>

#include "kernels/output_scale.h"
#include "op.h"

/** RELU6 rescales from the input's quantization to the output's. */
enum { NN_RELU6_KEEPS_QUANTIZATION = 0 };

/** False if it is out of range. */
static inline bool nn_prepare_output_scale(nn_output_scale *scale, double real) {
    *scale = real;
    return true;
}

/** What HARD_SWISH, LEAKY_RELU, MUL, PRELU and RELU rescale by, in single precision. */
typedef float nn_real;

static inline nn_real nn_product_scale(nn_real a, nn_real b, nn_real output) {
    return a * b / output;
}

/** What SVDF rescales by. */
static inline double nn_svdf_scale(float a, float b, float output) {
    return (double)a * (double)b / (double)output;
}

/** What ELU of int8 gives for a negative number. */
static inline float nn_elu_below_0(float x) {
    return expm1f(x);
}

/** What SUM takes its elements for: QuantizedMeanOrSum in tflite/kernels/reduce.cc reads and writes
 * uint8_t whatever the type is. LiteRT's optimized kernels do not. */
static inline nn_type nn_sum_sees(void) {
    return NN_UINT8;
}

#endif
