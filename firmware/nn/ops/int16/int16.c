/* Checks and ranges of int16. */
#include "ops/int16/int16.h"

#include <math.h>

#include "fixed_point.h"
#include "schema.h"

static bool is_quantized(const nn_model_tensor *tensor) {
    return tensor->scales.count == 1 && nn_is_positive(tensor->tensor.scale) &&
           tensor->tensor.zero_point == 0;
}

bool nn_check_int16(nn_node *node, uint32_t inputs) {
    nn_model_tensor output = nn_node_output(node, 0);
    bool are_int16 = output.tensor.type == NN_INT16;
    bool are_quantized = is_quantized(&output);
    for (uint32_t i = 0; i < inputs; i++) {
        nn_model_tensor input = nn_node_input(node, i);
        are_int16 = are_int16 && input.tensor.type == NN_INT16;
        are_quantized = are_quantized && is_quantized(&input);
    }
    if (!are_int16) {
        return nn_fail(node, "types are not supported");
    }
    return are_quantized || nn_fail(node, "input or output has no valid quantization");
}

/* The quantized value of a real number. */
static int32_t quantized(const nn_tensor *tensor, float real) {
    float scaled = roundf(real / tensor->scale);
    if (scaled >= 65536.0f || scaled <= -65536.0f) {
        return scaled > 0.0f ? INT16_MAX : INT16_MIN;
    }
    return nn_clamp((int32_t)scaled, INT16_MIN, INT16_MAX);
}

bool nn_activation_range_s16(nn_node *node, uint8_t activation, int32_t *min, int32_t *max) {
    nn_tensor output = nn_node_output(node, 0).tensor;
    *min = activation == ACTIVATION_NONE ? INT16_MIN : 0;
    *max = INT16_MAX;
    switch (activation) {
    case ACTIVATION_NONE:
    case ACTIVATION_RELU:
        return true;
    case ACTIVATION_RELU6:
        *max = quantized(&output, 6.0f);
        return true;
    case ACTIVATION_RELU_N1_TO_1:
        *min = quantized(&output, -1.0f);
        *max = quantized(&output, 1.0f);
        return true;
    default:
        return nn_fail(node, "fused activation is not supported");
    }
}

bool nn_check_bias_s16(nn_node *node, uint32_t input, uint8_t bias_type, int32_t channels,
                       int32_t *is_32_bit) {
    nn_tensor bias = nn_node_input(node, input).tensor;
    *is_32_bit = bias_type == NN_INT32;
    if (bias.bytes == 0) {
        return true;
    }
    if (bias.type != (*is_32_bit ? NN_INT32 : NN_INT64) || bias.zero_point != 0) {
        return nn_fail(node, "bias type is not supported");
    }
    return nn_count(&bias, 0, bias.rank) == channels ||
           nn_fail(node, "bias does not fit the filter");
}

nn_bias nn_bias_s16(const nn_node *node, uint32_t input, int32_t is_32_bit) {
    return (nn_bias){.values = nn_input_data(node, input), .is_32_bit = is_32_bit != 0};
}
