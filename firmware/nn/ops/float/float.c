/* Checks and ranges of float32. */
#include "ops/float/float.h"

#include <float.h>

#include "schema.h"

bool nn_check_float(nn_node *node, uint32_t inputs) {
    bool is_float = nn_node_output(node, 0).tensor.type == NN_FLOAT32;
    for (uint32_t i = 0; i < inputs; i++) {
        is_float = is_float && nn_node_input(node, i).tensor.type == NN_FLOAT32;
    }
    return is_float || nn_fail(node, "types are not supported");
}

bool nn_activation_range_f32(nn_node *node, uint8_t activation, nn_range_f32 *range) {
    switch (activation) {
    case ACTIVATION_NONE:
        *range = (nn_range_f32){-FLT_MAX, FLT_MAX};
        return true;
    case ACTIVATION_RELU:
        *range = (nn_range_f32){0.0f, FLT_MAX};
        return true;
    case ACTIVATION_RELU_N1_TO_1:
        *range = (nn_range_f32){-1.0f, 1.0f};
        return true;
    case ACTIVATION_RELU6:
        *range = (nn_range_f32){0.0f, 6.0f};
        return true;
    default:
        return nn_fail(node, "fused activation is not supported");
    }
}
