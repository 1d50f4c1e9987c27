/* Multipliers and ranges, computed once when an op is prepared. */
#include "quantization.h"

#include <math.h>
#include <string.h>

#include "fixed_point.h"
#include "schema.h"

/* As frexp() and a rounding of the fraction to 31 bits, halves up, on the bits of the double. */
bool nn_quantize_multiplier(double real, int32_t *multiplier, int32_t *shift) {
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    int32_t exponent = (int32_t)(bits >> 52) - 1022;
    uint64_t fraction = (bits & ((1ull << 52) - 1u)) | 1ull << 52;
    uint32_t fixed = (uint32_t)((fraction + (1u << 21)) >> 22);
    if (fixed == 1u << 31) {
        fixed /= 2;
        exponent++;
    }
    if (exponent < -31) {
        exponent = 0;
        fixed = 0;
    }
    *multiplier = (int32_t)fixed;
    *shift = exponent;
    return exponent <= 30;
}

void nn_divide_multiplier(int32_t *multiplier, int32_t *shift, int32_t count) {
    int32_t bits = 0;
    while (count >> (bits + 1) != 0) {
        bits++;
    }
    bits = bits > 31 + *shift ? 31 + *shift : bits;
    *multiplier = (int32_t)(((int64_t)*multiplier << bits) / count);
    *shift -= bits;
}

int32_t nn_lowest(nn_type type) {
    return type == NN_UINT8 ? 0 : INT8_MIN;
}

int32_t nn_highest(nn_type type) {
    return type == NN_UINT8 ? UINT8_MAX : INT8_MAX;
}

/* The quantized value of a real number, clamped to [min, max]. */
static int32_t quantize(const nn_tensor *tensor, float real, int32_t min, int32_t max) {
    float scaled = roundf(real / tensor->scale);
    if (scaled >= 65536.0f || scaled <= -65536.0f) {
        return scaled > 0.0f ? max : min;
    }
    return nn_clamp(tensor->zero_point + (int32_t)scaled, min, max);
}

bool nn_activation_range(nn_node *node, uint8_t activation, const nn_tensor *output, int32_t *min,
                         int32_t *max) {
    int32_t lowest = nn_lowest(output->type);
    int32_t highest = nn_highest(output->type);
    *min = lowest;
    *max = highest;
    switch (activation) {
    case ACTIVATION_NONE:
        return true;
    case ACTIVATION_RELU:
        *min = quantize(output, 0.0f, lowest, highest);
        return true;
    case ACTIVATION_RELU6:
        *min = quantize(output, 0.0f, lowest, highest);
        *max = quantize(output, 6.0f, lowest, highest);
        return true;
    case ACTIVATION_RELU_N1_TO_1:
        *min = quantize(output, -1.0f, lowest, highest);
        *max = quantize(output, 1.0f, lowest, highest);
        return true;
    default:
        return nn_fail(node, "fused activation is not supported");
    }
}
