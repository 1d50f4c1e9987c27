/* PRELU in plain C. */
#include "kernels/prelu.h"

#include "fixed_point.h"

void nn_prelu_s8(const nn_prelu_params *params, const int8_t *input, int32_t input_step,
                 const int8_t *alpha, int32_t alpha_step, int8_t *output, int32_t count) {
    const nn_prelu_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        int32_t value = *input + p.input_offset;
        int32_t scaled = value >= 0 ? nn_multiply(value, p.multiplier, p.shift)
                                    : nn_multiply(value * (*alpha + p.alpha_offset),
                                                  p.product_multiplier, p.product_shift);
        scaled = nn_wrapping_add(scaled, p.output_offset);
        output[i] = (int8_t)nn_clamp(scaled, INT8_MIN, INT8_MAX);
        input += input_step;
        alpha += alpha_step;
    }
}
