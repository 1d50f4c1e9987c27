/* Quantization in plain C. */
#include "kernels/requantize.h"

#include <math.h>
#include <stdbool.h>

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

/* What no int32_t can hold becomes INT32_MIN, as it does on the x86 hosts of the reference. */
static int32_t nearest(float real) {
    float rounded = roundf(real);
    bool fits = rounded >= -2147483648.0f && rounded < 2147483648.0f;
    return fits ? (int32_t)rounded : INT32_MIN;
}

void nn_quantize(const nn_quantize_params *params, const float *input, uint8_t *output,
                 int32_t count) {
    const nn_quantize_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        int32_t value = nn_wrapping_add(nearest(input[i] / p.scale), p.zero_point);
        output[i] = (uint8_t)nn_clamp(value, p.min, p.max);
    }
}

void nn_dequantize(const nn_quantize_params *params, const uint8_t *input, float *output,
                   int32_t count) {
    const nn_quantize_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        int32_t value = p.min < 0 ? (int8_t)input[i] : input[i];
        output[i] = p.scale * (float)(value - p.zero_point);
    }
}
