/* The polynomials of gemmlowp in 16 bits: its constants are those of 32 bits, rounded. */
#include "fixed_point_16.h"

#include <stdbool.h>

#include "fixed_point.h"

/* Sums that gemmlowp does not saturate wrap, as compiled ones do. */
static int16_t wrapped(int32_t x) {
    return (int16_t)(uint16_t)(uint32_t)x;
}

/* gemmlowp::SaturatingRoundingDoublingHighMul. */
static int16_t multiply(int16_t a, int16_t b) {
    if (a == INT16_MIN && b == INT16_MIN) {
        return INT16_MAX;
    }
    return (int16_t)((a * b + (1 << 14)) >> 15);
}

/* gemmlowp::SaturatingRoundingMultiplyByPOT for an exponent of 0 or more. */
static int16_t shift_left(int16_t x, int32_t exponent) {
    return (int16_t)nn_clamp_s16(x * (1 << exponent));
}

/* exp(x) for x in [-1/4, 0), Q0.15: a Taylor series of degree 4 around -1/8. */
static int16_t exp_on_last_quarter(int16_t q0) {
    const int16_t exp_minus_eighth = 28918;
    const int16_t one_third = 10923;
    int16_t x = wrapped(q0 + (1 << 12));
    int16_t x2 = multiply(x, x);
    int16_t x3 = multiply(x2, x);
    int16_t x4 = multiply(x2, x2);
    int16_t x4_over_4 = (int16_t)nn_rounding_shift_right(x4, 2);
    int16_t cubic = multiply(wrapped(x4_over_4 + x3), one_third);
    int16_t tail = (int16_t)nn_rounding_shift_right(wrapped(cubic + x2), 1);
    return (int16_t)nn_clamp_s16(exp_minus_eighth + multiply(exp_minus_eighth, wrapped(x + tail)));
}

/* exp(x) for x of 0 or less with integer_bits, 1 to 7; result Q0.15. */
static int16_t exp_on_negative_values(int16_t x, int32_t integer_bits) {
    /* exp(-2^k) for k = -2 to 4, Q0.15 */
    static const int16_t factors[] = {25520, 19875, 12055, 4435, 600, 11, 0};
    if (x == 0) {
        return INT16_MAX;
    }
    int32_t fractional_bits = 15 - integer_bits;
    int32_t quarter = 1 << (fractional_bits - 2);
    int32_t in_quarter = (x & (quarter - 1)) - quarter;
    int32_t remainder = in_quarter - x;
    int16_t result = exp_on_last_quarter(shift_left((int16_t)in_quarter, integer_bits));
    for (int32_t k = -2; k < integer_bits && k <= 4; k++) {
        if ((remainder & 1 << (fractional_bits + k)) != 0) {
            result = multiply(result, factors[k + 2]);
        }
    }
    bool vanishes = integer_bits > 5 && x < -(32 << fractional_bits);
    return (int16_t)(vanishes ? 0 : result);
}

/* 2 / (1 + x) for x in [0, 1], Q0.15, in Q2.13: three Newton-Raphson steps. */
static int16_t two_over_one_plus_x(int16_t x) {
    const int16_t q2_48_over_17 = 23130;
    const int16_t q2_minus_32_over_17 = -15420;
    const int32_t q2_one = 1 << 13;
    int32_t sum = x + INT16_MAX;
    int16_t half_denominator = (int16_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
    int16_t estimate = wrapped(q2_48_over_17 + multiply(half_denominator, q2_minus_32_over_17));
    for (int step = 0; step < 3; step++) {
        int16_t error = wrapped(q2_one - multiply(half_denominator, estimate));
        estimate = wrapped(estimate + shift_left(multiply(estimate, error), 2));
    }
    return estimate;
}

static int16_t minus_magnitude(int16_t x) {
    return (int16_t)(x > 0 ? -x : x);
}

int16_t nn_logistic_s16(int16_t x) {
    if (x == 0) {
        return 1 << 14;
    }
    int16_t exponential = exp_on_negative_values(minus_magnitude(x), 3);
    int16_t positive = shift_left(two_over_one_plus_x(exponential), 1);
    return (int16_t)(x > 0 ? positive : INT16_MAX - positive);
}

int16_t nn_tanh_s16(int16_t x, int32_t integer_bits) {
    if (x == 0) {
        return 0;
    }
    /* exp(2 x): the same bits with one more before the point */
    int16_t exponential = exp_on_negative_values(minus_magnitude(x), integer_bits + 1);
    int16_t magnitude = shift_left(wrapped(two_over_one_plus_x(exponential) - (1 << 13)), 2);
    return (int16_t)(x > 0 ? magnitude : -magnitude);
}
