/* L2 normalization and the logarithm of softmax, of float32. */
#include <float.h>
#include <math.h>

#include "kernels/float.h"

void nn_l2_normalization_f32(int32_t rows, int32_t depth, const float *input, float *output) {
    const float least = 1e-6f;
    for (int32_t row = 0; row < rows; row++) {
        float sum = 0.0f;
        for (int32_t i = 0; i < depth; i++) {
            sum += input[i] * input[i];
        }
        float norm = sqrtf(sum);
        norm = norm < least ? least : norm;
        for (int32_t i = 0; i < depth; i++) {
            output[i] = input[i] / norm;
        }
        input += depth;
        output += depth;
    }
}

static float largest(int32_t depth, const float *input) {
    float max = -FLT_MAX;
    for (int32_t i = 0; i < depth; i++) {
        max = input[i] > max ? input[i] : max;
    }
    return max;
}

/* At least 1, that of the largest itself. */
static float sum_of_powers(int32_t depth, float max, const float *input) {
    float sum = 0.0f;
    for (int32_t i = 0; i < depth; i++) {
        sum += expf(input[i] - max);
    }
    return sum;
}

void nn_log_softmax_f32(int32_t rows, int32_t depth, const float *input, float *output) {
    for (int32_t row = 0; row < rows; row++) {
        float max = largest(depth, input);
        float log_of_sum = logf(sum_of_powers(depth, max, input));
        for (int32_t i = 0; i < depth; i++) {
            output[i] = input[i] - max - log_of_sum;
        }
        input += depth;
        output += depth;
    }
}
