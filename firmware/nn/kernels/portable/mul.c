/* Multiplication in plain C. */
#include "kernels/mul.h"

void nn_mul_s8(const nn_mul_params *params, const int8_t *a, int32_t a_step, const int8_t *b,
               int32_t b_step, int8_t *output, int32_t count) {
    const nn_mul_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        output[i] = (int8_t)nn_mul_one(&p, *a, *b);
        a += a_step;
        b += b_step;
    }
}

void nn_mul_u8(const nn_mul_params *params, const uint8_t *a, int32_t a_step, const uint8_t *b,
               int32_t b_step, uint8_t *output, int32_t count) {
    const nn_mul_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        output[i] = (uint8_t)nn_mul_one(&p, *a, *b);
        a += a_step;
        b += b_step;
    }
}
