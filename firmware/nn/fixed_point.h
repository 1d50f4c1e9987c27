/* The fixed-point arithmetic of gemmlowp and TensorFlow Lite, bit for bit.
 *
 * Sources: gemmlowp fixedpoint/fixedpoint.h; tflite/kernels/internal/common.{h,cc} with
 * TFLITE_SINGLE_ROUNDING=0. Where those leave an overflow undefined, the sums here wrap, as the
 * compiled originals do, so that no input makes the behaviour undefined. */
#ifndef NN_FIXED_POINT_H
#define NN_FIXED_POINT_H

#include <stdint.h>

static inline int32_t nn_clamp(int32_t x, int32_t min, int32_t max) {
    x = x < min ? min : x;
    return x > max ? max : x;
}

/** A float without its fraction. What no int32_t can hold becomes INT32_MIN, as it does on the x86
 * hosts of the reference. */
static inline int32_t nn_truncated(float real) {
    return real >= -2147483648.0f && real < 2147483648.0f ? (int32_t)real : INT32_MIN;
}

static inline int32_t nn_wrapping_add(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int32_t nn_wrapping_negate(int32_t x) {
    return (int32_t)(0u - (uint32_t)x);
}

static inline int32_t nn_wrapping_shift_left(int32_t x, int32_t bits) {
    return (int32_t)((uint32_t)x << bits);
}

/** gemmlowp::SaturatingRoundingDoublingHighMul. Its division that rounds towards zero, after a
 * nudge of the sign of the product, is the same as this shift after a positive nudge. */
static inline int32_t nn_doubling_high_mul(int32_t a, int32_t b) {
    if (a == INT32_MIN && b == INT32_MIN) {
        return INT32_MAX;
    }
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/** gemmlowp::RoundingDivideByPOT: x / 2^exponent, halves away from zero; exponent 0 to 31. */
static inline int32_t nn_rounding_shift_right(int32_t x, int32_t exponent) {
    int32_t mask = (int32_t)((1u << exponent) - 1u);
    int32_t remainder = x & mask;
    int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> exponent) + (remainder > threshold);
}

/** tflite::MultiplyByQuantizedMultiplier: x * multiplier / 2^31 * 2^shift, shift -31 to 31. */
static inline int32_t nn_multiply(int32_t x, int32_t multiplier, int32_t shift) {
    int32_t left = shift > 0 ? shift : 0;
    int32_t right = shift > 0 ? 0 : -shift;
    return nn_rounding_shift_right(
        nn_doubling_high_mul(nn_wrapping_shift_left(x, left), multiplier), right);
}

/** gemmlowp::exp_on_negative_values for Q5.26 or Q4.27 input (integer_bits 5 or 4); result Q0.31.
 */
int32_t nn_exp_on_negative_values(int32_t x, int32_t integer_bits);

/** tflite's GetInvSqrtQuantizedMultiplierExp: 1 / sqrt(x) as a multiplier and a shift of at most 0,
 * see nn_multiply(). x is not negative; 0 is taken for 1. */
int32_t nn_inverse_sqrt(int32_t x, int32_t *shift);

/** tflite's log_x_for_x_greater_than_or_equal_to_1: from Q12.19 to Q5.26; x is positive. */
int32_t nn_log(int32_t x);

/** gemmlowp::one_over_one_plus_x_for_x_in_0_1; argument and result Q0.31. */
int32_t nn_one_over_one_plus_x(int32_t x);

#endif
