/* Softmax in plain C; after tflite/kernels/internal/reference/softmax.h. */
#include "kernels/softmax.h"

#include "fixed_point.h"

enum { SUM_INTEGER_BITS = 12, OUTPUT_BITS = 8 };

/* Only differences of inputs count, so that int8 can be taken as uint8, its sign bit flipped. */
static int32_t largest(const nn_softmax_params *p, const uint8_t *row) {
    int32_t max = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t value = row[i] ^ p->flip;
        max = value > max ? value : max;
    }
    return max;
}

/* exp of a scaled difference, Q0.31; once in the code, not at each of its calls */
__attribute__((noinline)) static int32_t exponential(const nn_softmax_params *p,
                                                     int32_t difference) {
    int32_t shifted = nn_wrapping_shift_left(difference, p->shift);
    return nn_exp_on_negative_values(nn_doubling_high_mul(shifted, p->multiplier), 5);
}

static void softmax_row(const nn_softmax_params *p, const uint8_t *input, uint8_t *output) {
    int32_t max = largest(p, input);
    int32_t sum = 0; /* Q12.19 */
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t difference = (input[i] ^ p->flip) - max;
        if (difference >= p->min_difference) {
            sum += nn_rounding_shift_right(exponential(p, difference), SUM_INTEGER_BITS);
        }
    }
    int32_t headroom = __builtin_clz((uint32_t)sum); /* never 0: e^0 is in it */
    int32_t above_one = (int32_t)(((uint32_t)sum << headroom) - 0x80000000u);
    int32_t reciprocal = nn_one_over_one_plus_x(above_one);
    int32_t exponent = SUM_INTEGER_BITS - headroom + 31 - OUTPUT_BITS;
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t difference = (input[i] ^ p->flip) - max;
        int32_t value = 0;
        if (difference >= p->min_difference) {
            int32_t product = nn_doubling_high_mul(reciprocal, exponential(p, difference));
            value = nn_rounding_shift_right(product, exponent);
        }
        output[i] = (uint8_t)nn_clamp(value, 0, UINT8_MAX) ^ p->flip;
    }
}

void nn_softmax_8(const nn_softmax_params *params, const uint8_t *input, uint8_t *output) {
    for (int32_t row = 0; row < params->rows; row++) {
        softmax_row(params, input, output);
        input += params->depth;
        output += params->depth;
    }
}
