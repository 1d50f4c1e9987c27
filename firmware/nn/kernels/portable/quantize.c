/* Real numbers to integers, and back, in plain C. */
#include <math.h>

#include "fixed_point.h"
#include "kernels/requantize.h"

static inline int32_t quantized(const nn_quantize_params *p, float real) {
    int32_t value = nn_truncated(roundf(real / p->scale));
    return nn_clamp(nn_wrapping_add(value, p->zero_point), p->min, p->max);
}

void nn_quantize_8(const nn_quantize_params *params, const float *input, uint8_t *output,
                   int32_t count) {
    const nn_quantize_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        output[i] = (uint8_t)quantized(&p, input[i]);
    }
}

void nn_quantize_16(const nn_quantize_params *params, const float *input, int16_t *output,
                    int32_t count) {
    const nn_quantize_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        output[i] = (int16_t)quantized(&p, input[i]);
    }
}

void nn_dequantize_8(const nn_quantize_params *params, const uint8_t *input, float *output,
                     int32_t count) {
    const nn_quantize_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        int32_t value = p.min < 0 ? (int8_t)input[i] : input[i];
        output[i] = p.scale * (float)(value - p.zero_point);
    }
}

void nn_dequantize_16(const nn_quantize_params *params, const int16_t *input, float *output,
                      int32_t count) {
    const nn_quantize_params p = *params;
    for (int32_t i = 0; i < count; i++) {
        output[i] = p.scale * (float)(input[i] - p.zero_point);
    }
}
