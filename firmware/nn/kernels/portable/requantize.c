/* Integers of one scale to integers of another, 8 bits each, in plain C. */
#include "kernels/requantize.h"

#include "fixed_point.h"

void nn_requantize(const nn_requantize_params *params, const uint8_t *input, uint8_t *output,
                   int32_t count) {
    const nn_requantize_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        int32_t value = (int8_t)(input[i] ^ p.input_flip) + p.input_offset;
        value = nn_multiply(value, p.multiplier, p.shift);
        output[i] = (uint8_t)nn_clamp(nn_wrapping_add(value, p.output_offset), p.min, p.max);
    }
}
