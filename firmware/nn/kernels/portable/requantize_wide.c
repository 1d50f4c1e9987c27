/* Integers of one width and scale to integers of another in plain C. */
#include "fixed_point.h"
#include "kernels/requantize.h"

static int32_t load(const void *elements, int32_t bytes, bool is_unsigned, int32_t i) {
    switch (bytes) {
    case 1:
        return is_unsigned ? ((const uint8_t *)elements)[i] : ((const int8_t *)elements)[i];
    case 2:
        return ((const int16_t *)elements)[i];
    default:
        return ((const int32_t *)elements)[i];
    }
}

static void store(void *elements, int32_t bytes, int32_t i, int32_t value) {
    switch (bytes) {
    case 1:
        ((uint8_t *)elements)[i] = (uint8_t)value;
        break;
    case 2:
        ((int16_t *)elements)[i] = (int16_t)value;
        break;
    default:
        ((int32_t *)elements)[i] = value;
        break;
    }
}

void nn_requantize_wide(const nn_requantize_wide_params *params, const void *input, void *output,
                        int32_t count) {
    const nn_requantize_wide_params p = *params;
    int32_t input_offset = nn_wrapping_negate(p.input_zero_point);
    for (int32_t i = 0; i < count; i++) {
        int32_t value = load(input, p.input_bytes, p.is_unsigned, i);
        value = nn_multiply(nn_wrapping_add(value, input_offset), p.multiplier, p.shift);
        value = nn_clamp(nn_wrapping_add(value, p.output_offset), p.min, p.max);
        store(output, p.output_bytes, i, value);
    }
}
