/* Comparisons of floats in plain C. */
#include "kernels/compare.h"

static uint32_t relation(float a, float b) {
    if (a < b) {
        return NN_IS_LESS;
    }
    if (a > b) {
        return NN_IS_GREATER;
    }
    return a == b ? NN_IS_EQUAL : NN_IS_UNORDERED;
}

void nn_compare_f32(uint32_t wanted, const float *a, int32_t a_step, const float *b, int32_t b_step,
                    uint8_t *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        output[i] = (relation(a[i * a_step], b[i * b_step]) & wanted) != 0 ? 1 : 0;
    }
}
