/* Division in plain C. */
#include "kernels/div.h"

#include "fixed_point.h"

/* How many bits of a number but its sign are like its sign. */
static int32_t sign_bits(int32_t x) {
    uint32_t bits = x < 0 ? 2u * (0u - (uint32_t)x) - 1u : 2u * (uint32_t)x + 1u;
    return __builtin_clz(bits);
}

/* nn_rounding_shift_right() for up to 62 bits. By more than 31 it is of no use to anybody, and this
 * is what the reference makes of it on x86 hosts. */
static int32_t shift_far_right(int32_t x, int32_t exponent) {
    return exponent <= 31 ? nn_rounding_shift_right(x, exponent)
                          : (x >> (exponent - 32)) + (x >= 0);
}

/* DivElementwise of tflite/kernels/internal/reference/div.h. */
static int32_t quotient(const nn_div_params *p, int32_t a, int32_t b) {
    if (b < 0) {
        a = -a;
        b = -b;
    }
    b = b == 0 ? 1 : b;
    int32_t zeros = __builtin_clz((uint32_t)b);
    int32_t fraction = (int32_t)(((uint32_t)b << zeros) - (1u << 31));
    int32_t inverse = nn_one_over_one_plus_x(fraction);
    int32_t headroom = sign_bits(a);
    int32_t unscaled = nn_doubling_high_mul(nn_wrapping_shift_left(a, headroom), inverse);
    int32_t right = 31 - zeros + headroom - p->shift;
    return shift_far_right(nn_doubling_high_mul(unscaled, p->multiplier), right);
}

void nn_div_8(const nn_div_params *params, const uint8_t *a, int32_t a_step, const uint8_t *b,
              int32_t b_step, uint8_t *output, int32_t count) {
    const nn_div_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        int32_t result =
            quotient(&p, (int8_t)(*a ^ p.flip) + p.a_offset, (int8_t)(*b ^ p.flip) + p.b_offset);
        result = nn_wrapping_add(result, p.output_offset);
        output[i] = (uint8_t)nn_clamp(result, p.min, p.max);
        a += a_step;
        b += b_step;
    }
}
