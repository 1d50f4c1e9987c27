/* PRELU in plain C. */
#include "kernels/prelu.h"

#include "fixed_point.h"

void nn_prelu_8(const nn_prelu_params *params, const uint8_t *input, int32_t input_step,
                const uint8_t *alpha, int32_t alpha_step, uint8_t *output, int32_t count) {
    const nn_prelu_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        int32_t value = (int8_t)(*input ^ p.flip) + p.input_offset;
        int32_t factor = (int8_t)(*alpha ^ p.flip) + p.alpha_offset;
        int32_t scaled = value >= 0
                             ? nn_multiply(value, p.multiplier, p.shift)
                             : nn_multiply(value * factor, p.product_multiplier, p.product_shift);
        scaled = nn_wrapping_add(scaled, p.output_offset);
        output[i] = (uint8_t)nn_clamp(scaled, p.min, p.max);
        input += input_step;
        alpha += alpha_step;
    }
}
