/* Addition in plain C. */
#include "kernels/add.h"

#include "fixed_point.h"

static inline int32_t scaled(const nn_add_input *input, int32_t value) {
    int32_t shifted = (value + input->offset) * (1 << NN_ADD_LEFT_SHIFT);
    return nn_rounding_shift_right(nn_doubling_high_mul(shifted, input->multiplier), -input->shift);
}

void nn_add_s8(const nn_add_params *params, const int8_t *a, int32_t a_step, const int8_t *b,
               int32_t b_step, int8_t *output, int32_t count) {
    const nn_add_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        int32_t sum = scaled(&p.input[0], *a) + scaled(&p.input[1], *b);
        sum = nn_rounding_shift_right(nn_doubling_high_mul(sum, p.output_multiplier),
                                      -p.output_shift);
        output[i] = (int8_t)nn_clamp(sum + p.output_offset, p.min, p.max);
        a += a_step;
        b += b_step;
    }
}
