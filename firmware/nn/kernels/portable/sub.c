/* Subtraction in plain C. */
#include "kernels/add.h"

void nn_sub_s8(const nn_add_params *params, const int8_t *a, int32_t a_step, const int8_t *b,
               int32_t b_step, int8_t *output, int32_t count) {
    const nn_add_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        output[i] = (int8_t)nn_sub_one(&p, *a, *b);
        a += a_step;
        b += b_step;
    }
}

void nn_sub_u8(const nn_add_params *params, const uint8_t *a, int32_t a_step, const uint8_t *b,
               int32_t b_step, uint8_t *output, int32_t count) {
    const nn_add_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        output[i] = (uint8_t)nn_sub_one(&p, *a, *b);
        a += a_step;
        b += b_step;
    }
}
