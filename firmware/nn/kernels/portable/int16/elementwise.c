/* Sums, products and rectified values of int16. */
#include "fixed_point.h"
#include "kernels/int16.h"

static inline int32_t scaled_input(const nn_add_input *input, int32_t value) {
    int32_t shifted = value * (1 << NN_ADD_LEFT_SHIFT_S16);
    return nn_rounding_shift_right(nn_doubling_high_mul(shifted, input->multiplier), -input->shift);
}

void nn_add_s16(const nn_add_params *params, bool subtracts, const int16_t *a, int32_t a_step,
                const int16_t *b, int32_t b_step, int16_t *output, int32_t count) {
    const nn_add_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        int32_t first = scaled_input(&p.input[0], *a);
        int32_t second = scaled_input(&p.input[1], *b);
        output[i] = (int16_t)nn_add_finish(&p, subtracts ? first - second : first + second);
        a += a_step;
        b += b_step;
    }
}

void nn_mul_s16(const nn_mul_params *params, const int16_t *a, int32_t a_step, const int16_t *b,
                int32_t b_step, int16_t *output, int32_t count) {
    const nn_mul_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        int32_t scaled = nn_multiply(*a * *b, p.multiplier, p.shift);
        output[i] = (int16_t)nn_clamp(scaled, p.min, p.max);
        a += a_step;
        b += b_step;
    }
}

void nn_rectify_s16(const nn_rectify_s16_params *params, const int16_t *input, int16_t *output,
                    int32_t count) {
    const nn_rectify_s16_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        bool is_negative = input[i] < 0;
        int32_t scaled = nn_multiply(input[i], is_negative ? p.negative_multiplier : p.multiplier,
                                     is_negative ? p.negative_shift : p.shift);
        scaled = is_negative && p.changes_sign ? nn_wrapping_negate(scaled) : scaled;
        output[i] = (int16_t)nn_clamp(scaled, p.min, p.max);
    }
}
