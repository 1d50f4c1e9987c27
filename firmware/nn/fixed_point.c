/* The polynomials of gemmlowp and tflite that need more than a line; constants from gemmlowp
 * fixedpoint/fixedpoint.h and tflite/kernels/internal/common.h. Qm.n means n fractional bits in an
 * int32_t. */
#include "fixed_point.h"

/* exp(x) for x in [-1/4, 0), Q0.31: a Taylor series of degree 4 around -1/8. */
static int32_t exp_on_last_quarter(int32_t q0) {
    const int32_t exp_minus_eighth = 1895147668;
    const int32_t one_third = 715827883;
    int32_t x = nn_wrapping_add(q0, 1 << 28);
    int32_t x2 = nn_doubling_high_mul(x, x);
    int32_t x3 = nn_doubling_high_mul(x2, x);
    int32_t x4 = nn_doubling_high_mul(x2, x2);
    int32_t x4_over_4 = nn_rounding_shift_right(x4, 2);
    int32_t cubic = nn_doubling_high_mul(nn_wrapping_add(x4_over_4, x3), one_third);
    int32_t tail = nn_rounding_shift_right(nn_wrapping_add(cubic, x2), 1);
    int32_t product = nn_doubling_high_mul(exp_minus_eighth, nn_wrapping_add(x, tail));
    return nn_wrapping_add(exp_minus_eighth, product);
}

int32_t nn_exp_on_negative_values(int32_t x, int32_t integer_bits) {
    /* exp(-2^k) for k = -2 to 4, Q0.31 */
    static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};
    if (x == 0) {
        return INT32_MAX;
    }
    int32_t fractional_bits = 31 - integer_bits;
    int32_t quarter = 1 << (fractional_bits - 2);
    int32_t in_quarter = (x & (quarter - 1)) - quarter;
    int32_t remainder = (int32_t)((uint32_t)in_quarter - (uint32_t)x);
    int32_t result = exp_on_last_quarter(nn_wrapping_shift_left(in_quarter, integer_bits));
    for (int32_t k = -2; k < integer_bits; k++) {
        if ((uint32_t)remainder & 1u << (fractional_bits + k)) {
            result = nn_doubling_high_mul(result, factors[k + 2]);
        }
    }
    return result;
}

/* gemmlowp::SaturatingRoundingMultiplyByPOT for a positive exponent. */
static int32_t saturating_shift_left(int32_t x, int32_t exponent) {
    int32_t threshold = (1 << (31 - exponent)) - 1;
    if (x > threshold) {
        return INT32_MAX;
    }
    if (x < -threshold) {
        return INT32_MIN;
    }
    return nn_wrapping_shift_left(x, exponent);
}

int32_t nn_one_over_one_plus_x(int32_t x) {
    /* Three Newton-Raphson steps on 2 / (1 + x), in Q2.29. */
    const int32_t q2_48_over_17 = 1515870810;
    const int32_t q2_minus_32_over_17 = -1010580540;
    const int32_t q2_one = 1 << 29;
    int64_t sum = (int64_t)x + INT32_MAX;
    int32_t half_denominator = (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
    int32_t estimate =
        nn_wrapping_add(q2_48_over_17, nn_doubling_high_mul(half_denominator, q2_minus_32_over_17));
    for (int step = 0; step < 3; step++) {
        int32_t product = nn_doubling_high_mul(half_denominator, estimate);
        int32_t error = (int32_t)((uint32_t)q2_one - (uint32_t)product);
        int32_t correction = saturating_shift_left(nn_doubling_high_mul(estimate, error), 2);
        estimate = nn_wrapping_add(estimate, correction);
    }
    return saturating_shift_left(estimate, 1); /* half of it, from Q2.29 to Q0.31 */
}

/* Five Newton-Raphson steps towards 1 / sqrt(x) from 1, Q3.28. */
static int32_t inverse_sqrt_near_1(int32_t x) {
    const int32_t q3_three_halves = (1 << 28) + (1 << 27);
    int32_t half = nn_rounding_shift_right(x, 1);
    int32_t estimate = 1 << 28;
    for (int step = 0; step < 5; step++) {
        int32_t square = nn_doubling_high_mul(estimate, estimate);
        int32_t cube = saturating_shift_left(nn_doubling_high_mul(square, estimate), 6);
        int32_t linear = nn_doubling_high_mul(q3_three_halves, estimate);
        int32_t cubic = nn_doubling_high_mul(half, cube);
        estimate = saturating_shift_left((int32_t)((uint32_t)linear - (uint32_t)cubic), 3);
    }
    return estimate;
}

int32_t nn_inverse_sqrt(int32_t x, int32_t *shift) {
    const int32_t half_sqrt_2 = 1518500250;
    if (x <= 1) {
        *shift = 0;
        return INT32_MAX;
    }
    int32_t right = 11;
    while (x >= 1 << 29) {
        x /= 4;
        right++;
    }
    while (x < 1 << 27) {
        x *= 4;
        right--;
    }
    int32_t result = nn_doubling_high_mul(inverse_sqrt_near_1(x >> 1), half_sqrt_2);
    *shift = right < 0 ? 0 : -right;
    return right < 0 ? nn_wrapping_shift_left(result, -right) : result;
}

static int32_t leading_zeros(int32_t x) {
    return __builtin_clz((uint32_t)x | 1u);
}

/* log2(x) from the integer bits of x on, and a quarter, Q6.25. */
static int32_t log2_of_whole(int32_t integer_bits, int32_t quarters) {
    const int32_t quarter = 1 << 23;
    return integer_bits * (1 << 25) + quarters * quarter;
}

int32_t nn_log(int32_t x) {
    /* x is 2^n by an r around sqrt(sqrt(1/2)), of which the logarithm is a quotient of polynomials;
     * all of Q0.31 but what is said to be of another. */
    const int32_t log_2 = 1488522236;
    const int32_t sqrt_half = 1518500250;
    const int32_t sqrt_sqrt_half = 1805811301;
    const int32_t alpha_n = 117049297;
    const int32_t alpha_d = 127690142;
    const int32_t alpha_i = 1057819769;
    const int32_t alpha_f = 638450708;
    const int32_t integer_bits = 12;
    int32_t zeros_a = leading_zeros(x);
    int32_t whole = nn_wrapping_shift_left(x, zeros_a - 1);
    int32_t r_a = saturating_shift_left(nn_doubling_high_mul(whole, sqrt_half), 1);
    int32_t power_a = log2_of_whole(integer_bits - zeros_a, 1);
    int32_t zeros_b = leading_zeros(nn_doubling_high_mul(x, sqrt_half)) - 1;
    int32_t r_b = zeros_b > 0 ? saturating_shift_left(x, zeros_b) : x;
    int32_t power_b = log2_of_whole(integer_bits - zeros_b, -1);
    int32_t r = r_a < r_b ? r_a : r_b;
    int32_t power = power_a > power_b ? power_a : power_b;
    int32_t p = (int32_t)(((int64_t)r + sqrt_sqrt_half + 1) / 2);
    int32_t q = 2 * (r - sqrt_sqrt_half);
    int32_t square = nn_doubling_high_mul(q, q);
    int32_t cube = nn_doubling_high_mul(nn_doubling_high_mul(q, square), alpha_n);
    int32_t numerator = nn_wrapping_add(nn_doubling_high_mul(q, r), cube);
    int32_t inner =
        nn_wrapping_add(nn_wrapping_add(alpha_i, q), nn_doubling_high_mul(alpha_d, square));
    int32_t denominator =
        nn_wrapping_add(nn_doubling_high_mul(p, inner), nn_doubling_high_mul(alpha_f, q));
    int32_t quotient = nn_doubling_high_mul(nn_rounding_shift_right(numerator, 6),
                                            nn_one_over_one_plus_x(denominator));
    int32_t sum = nn_wrapping_add(nn_doubling_high_mul(power, log_2), quotient); /* Q6.25 */
    return saturating_shift_left(sum, 1);
}
