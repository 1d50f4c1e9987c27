/* L2 normalization in plain C; after tflite/kernels/internal/reference/l2normalization.h and
 * integer_ops/l2normalization.h, which round in different places. */
#include "kernels/l2_normalization.h"

#include "fixed_point.h"

enum { OUTPUT_BITS = 7 };

void nn_l2_normalization_s8(const nn_l2_normalization_params *params, const int8_t *input,
                            int8_t *output) {
    const nn_l2_normalization_params p = *params;
    for (int32_t row = 0; row < p.rows; row++) {
        int32_t sum = 0;
        int32_t shift;
        for (int32_t i = 0; i < p.depth; i++) {
            int32_t value = input[i] - p.zero_point;
            sum += value * value;
        }
        int32_t multiplier = nn_inverse_sqrt(sum, &shift);
        for (int32_t i = 0; i < p.depth; i++) {
            int32_t scaled = nn_multiply(input[i] - p.zero_point, multiplier, shift + OUTPUT_BITS);
            output[i] = (int8_t)nn_clamp(scaled, INT8_MIN, INT8_MAX);
        }
        input += p.depth;
        output += p.depth;
    }
}

void nn_l2_normalization_u8(const nn_l2_normalization_params *params, const uint8_t *input,
                            uint8_t *output) {
    const nn_l2_normalization_params p = *params;
    for (int32_t row = 0; row < p.rows; row++) {
        int32_t sum = 0;
        int32_t shift;
        for (int32_t i = 0; i < p.depth; i++) {
            int32_t value = input[i] - p.zero_point;
            sum += value * value;
        }
        int32_t multiplier = nn_inverse_sqrt(sum, &shift);
        for (int32_t i = 0; i < p.depth; i++) {
            int32_t value = (input[i] - p.zero_point) * (1 << OUTPUT_BITS);
            int32_t scaled = (1 << OUTPUT_BITS) + nn_multiply(value, multiplier, shift);
            output[i] = (uint8_t)nn_clamp(scaled, 0, UINT8_MAX);
        }
        input += p.depth;
        output += p.depth;
    }
}
