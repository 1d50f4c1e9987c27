/* Softmax of float32. */
#include <float.h>
#include <math.h>

#include "kernels/float.h"

static void softmax_row(int32_t depth, float beta, const float *input, float *output) {
    float max = -FLT_MAX;
    float sum = 0.0f;
    for (int32_t i = 0; i < depth; i++) {
        max = input[i] > max ? input[i] : max;
    }
    for (int32_t i = 0; i < depth; i++) {
        output[i] = expf((input[i] - max) * beta);
        sum += output[i];
    }
    for (int32_t i = 0; i < depth; i++) {
        output[i] /= sum;
    }
}

void nn_softmax_f32(int32_t rows, int32_t depth, float beta, const float *input, float *output) {
    for (int32_t row = 0; row < rows; row++) {
        softmax_row(depth, beta, input + row * depth, output + row * depth);
    }
}
