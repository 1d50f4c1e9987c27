/* Squared differences in plain C. */
#include "kernels/squared_difference.h"

#include "fixed_point.h"

static int32_t scaled(const nn_squared_difference_params *p, int input, int32_t value) {
    int32_t shifted = (value + p->offset[input]) * (1 << NN_SQUARED_DIFFERENCE_LEFT_SHIFT);
    return nn_multiply(shifted, p->multiplier[input], p->shift[input]);
}

void nn_squared_difference_s8(const nn_squared_difference_params *params, const int8_t *a,
                              int32_t a_step, const int8_t *b, int32_t b_step, int8_t *output,
                              int32_t count) {
    const nn_squared_difference_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        int32_t difference = scaled(&p, 0, *a) - scaled(&p, 1, *b);
        int32_t square = nn_multiply(difference * difference, p.output_multiplier, p.output_shift);
        output[i] = (int8_t)nn_clamp(square + p.output_offset, INT8_MIN, INT8_MAX);
        a += a_step;
        b += b_step;
    }
}
