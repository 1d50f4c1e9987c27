/* Element by element of float32. */
#include "kernels/float.h"

void nn_add_f32(nn_range_f32 range, const float *a, int32_t a_step, const float *b, int32_t b_step,
                float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        output[i] = nn_clamp_f32(a[i * a_step] + b[i * b_step], range);
    }
}

void nn_sub_f32(nn_range_f32 range, const float *a, int32_t a_step, const float *b, int32_t b_step,
                float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        output[i] = nn_clamp_f32(a[i * a_step] - b[i * b_step], range);
    }
}

void nn_mul_f32(nn_range_f32 range, const float *a, int32_t a_step, const float *b, int32_t b_step,
                float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        output[i] = nn_clamp_f32(a[i * a_step] * b[i * b_step], range);
    }
}

void nn_div_f32(nn_range_f32 range, const float *a, int32_t a_step, const float *b, int32_t b_step,
                float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        float x = a[i * a_step];
        float y = b[i * b_step];
        output[i] = nn_clamp_f32(x / y, range);
    }
}

void nn_maximum_f32(nn_range_f32 range, const float *a, int32_t a_step, const float *b,
                    int32_t b_step, float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        float x = a[i * a_step];
        float y = b[i * b_step];
        output[i] = nn_clamp_f32(x > y ? x : y, range);
    }
}

void nn_minimum_f32(nn_range_f32 range, const float *a, int32_t a_step, const float *b,
                    int32_t b_step, float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        float x = a[i * a_step];
        float y = b[i * b_step];
        output[i] = nn_clamp_f32(x < y ? x : y, range);
    }
}

void nn_prelu_f32(nn_range_f32 range, const float *a, int32_t a_step, const float *b,
                  int32_t b_step, float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        float x = a[i * a_step];
        float y = b[i * b_step];
        output[i] = nn_clamp_f32(x >= 0.0f ? x : x * y, range);
    }
}

void nn_squared_difference_f32(nn_range_f32 range, const float *a, int32_t a_step, const float *b,
                               int32_t b_step, float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        float difference = a[i * a_step] - b[i * b_step];
        output[i] = nn_clamp_f32(difference * difference, range);
    }
}

void nn_leaky_relu_f32(float alpha, const float *input, float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        output[i] = input[i] > 0.0f ? input[i] : input[i] * alpha;
    }
}

void nn_map_f32(float (*function)(float), const float *input, float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        output[i] = function(input[i]);
    }
}

void nn_clamp_all_f32(nn_range_f32 range, const float *input, float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        output[i] = nn_clamp_f32(input[i], range);
    }
}
