/* The logarithm of softmax in plain C; after tflite/kernels/internal/reference/log_softmax.h. */
#include "kernels/log_softmax.h"

#include "fixed_point.h"

enum { INPUT_INTEGER_BITS = 5, SUM_INTEGER_BITS = 12, OUTPUT_INTEGER_BITS = 4 };

static int32_t scaled(const nn_log_softmax_params *p, int32_t difference) {
    return nn_multiply(difference, p->multiplier, p->shift);
}

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

/* Only differences of inputs count, so that int8 can be taken as uint8, its sign bit flipped. */
static int32_t largest(const nn_log_softmax_params *p, const uint8_t *row) {
    int32_t max = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        max = larger(max, row[i] ^ p->flip);
    }
    return max;
}

/* Of a row's exponentials, Q12.19. */
static int32_t sum_of(const nn_log_softmax_params *p, const uint8_t *row, int32_t max) {
    int32_t sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t difference = (row[i] ^ p->flip) - max;
        if (difference >= p->min_difference) {
            int32_t power = nn_exp_on_negative_values(scaled(p, difference), INPUT_INTEGER_BITS);
            sum += nn_rounding_shift_right(power, SUM_INTEGER_BITS);
        }
    }
    return sum;
}

static void log_softmax_row(const nn_log_softmax_params *p, const uint8_t *input, uint8_t *output) {
    int32_t max = largest(p, input);
    int32_t log_of_sum = nn_log(sum_of(p, input, max));
    int32_t least =
        nn_multiply(nn_wrapping_add(log_of_sum, INT32_MIN), p->back_multiplier, p->back_shift);
    least = larger(p->min_difference - 1, least);
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t difference = (input[i] ^ p->flip) - max;
        int32_t result = 0;
        if (difference > least) {
            int32_t exact = nn_wrapping_add(scaled(p, difference), -log_of_sum);
            exact = nn_rounding_shift_right(exact, 31 - INPUT_INTEGER_BITS - OUTPUT_INTEGER_BITS);
            result = nn_clamp(exact + UINT8_MAX, 0, UINT8_MAX);
        }
        output[i] = (uint8_t)(result ^ p->flip);
    }
}

void nn_log_softmax_8(const nn_log_softmax_params *params, const uint8_t *input, uint8_t *output) {
    for (int32_t row = 0; row < params->rows; row++) {
        log_softmax_row(params, input + row * params->depth, output + row * params->depth);
    }
}
