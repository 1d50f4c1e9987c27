/* Comparisons of integers in plain C. */
#include "kernels/compare.h"

#include <string.h>

#include "fixed_point.h"

enum { LEFT_SHIFT = 8 };

/* Element i, little-endian. */
static int64_t integer_at(const nn_compare_params *p, const uint8_t *input, int32_t i) {
    uint64_t bits = 0;
    memcpy(&bits, input + i * p->size, (size_t)p->size);
    uint64_t sign = p->is_signed ? (uint64_t)1 << (8 * p->size - 1) : 0;
    return (int64_t)((bits ^ sign) - sign);
}

/* After ComparisonWithScaling of tflite's reference/comparisons.h. */
static int64_t value_at(const nn_compare_params *p, const nn_compared *input, const uint8_t *data,
                        int32_t i) {
    int64_t value = integer_at(p, data, i);
    if (!p->is_scaled) {
        return value;
    }
    int32_t shifted = ((int32_t)value + input->offset) * (1 << LEFT_SHIFT);
    return nn_multiply(shifted, input->multiplier, input->shift);
}

static uint32_t relation(int64_t a, int64_t b) {
    if (a == b) {
        return NN_IS_EQUAL;
    }
    return a < b ? NN_IS_LESS : NN_IS_GREATER;
}

void nn_compare(const nn_compare_params *params, const uint8_t *a, int32_t a_step, const uint8_t *b,
                int32_t b_step, uint8_t *output, int32_t count) {
    const nn_compare_params *p = params;
    for (int32_t i = 0; i < count; i++) {
        int64_t first = value_at(p, &p->a, a, i * a_step);
        int64_t second = value_at(p, &p->b, b, i * b_step);
        output[i] = (relation(first, second) & p->wanted) != 0 ? 1 : 0;
    }
}
