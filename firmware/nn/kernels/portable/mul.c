/* Multiplication in plain C. */
#include "kernels/mul.h"

#include "fixed_point.h"

void nn_mul_s8(const nn_mul_params *params, const int8_t *a, int32_t a_step, const int8_t *b,
               int32_t b_step, int8_t *output, int32_t count) {
    const nn_mul_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        int32_t product = (*a + p.a_offset) * (*b + p.b_offset);
        int32_t scaled = nn_multiply(product, p.multiplier, p.shift);
        output[i] = (int8_t)nn_clamp(nn_wrapping_add(scaled, p.output_offset), p.min, p.max);
        a += a_step;
        b += b_step;
    }
}
