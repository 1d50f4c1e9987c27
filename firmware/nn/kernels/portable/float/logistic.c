/* The logistic function of float32, as in tflite's reference/logistic.h. */
#include <math.h>

#include "kernels/float.h"

/* From here on the result is 1. */
static const float upper = 16.619047164916992188f;
/* To here 1 + exp(x) is about 1. */
static const float lower = -9.0f;

static float logistic(float x) {
    if (x > upper) {
        return 1.0f;
    }
    return x < lower ? expf(x) : 1.0f / (1.0f + expf(-x));
}

void nn_logistic_f32(const float *input, float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        output[i] = logistic(input[i]);
    }
}
