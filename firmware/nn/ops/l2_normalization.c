/* L2_NORMALIZATION: int8 or uint8, along the last dimension. */
#include "kernels/l2_normalization.h"

#include "op.h"
#include "ops/ops.h"
#include "ops/unary.h"
#include "schema.h"

typedef struct {
    nn_l2_normalization_params kernel;
    bool is_unsigned;
} l2_normalization_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(l2_normalization_params);
}

static bool prepare(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    l2_normalization_params *p = node->params;
    if (!nn_check_unary(node, &input, &output)) {
        return false;
    }
    int32_t last = input.tensor.rank - 1;
    if (!nn_is_8_bit(input.tensor.type) || output.tensor.type != input.tensor.type) {
        return nn_fail(node, "types are not supported");
    }
    p->is_unsigned = input.tensor.type == NN_UINT8;
    if (!nn_is_quantized(&input) || output.tensor.scale != 1.0f / 128 ||
        output.tensor.zero_point != (p->is_unsigned ? 128 : 0)) {
        return nn_fail(node, "output must have scale 1/128 and zero point 128 or 0");
    }
    if (nn_option_u8(node, L2_NORM_ACTIVATION, ACTIVATION_NONE) != ACTIVATION_NONE) {
        return nn_fail(node, "fused activation is not supported");
    }
    if (last < 0 || input.tensor.dims[last] > NN_L2_NORMALIZATION_MAX_DEPTH) {
        return nn_fail(node, "last dimension is too large, or there is none");
    }
    p->kernel.rows = nn_count(&input.tensor, 0, last);
    p->kernel.depth = input.tensor.dims[last];
    p->kernel.zero_point = input.tensor.zero_point;
    return true;
}

static void invoke(const nn_node *node) {
    const l2_normalization_params *p = node->params;
    if (NN_WITH_UINT8 && p->is_unsigned) {
        nn_l2_normalization_u8(&p->kernel, nn_input_data(node, 0), nn_output_data(node, 0));
    } else {
        nn_l2_normalization_s8(&p->kernel, nn_input_data(node, 0), nn_output_data(node, 0));
    }
}

const nn_op nn_op_l2_normalization = {
    .name = "L2_NORMALIZATION",
    .code = BUILTIN_L2_NORMALIZATION,
    .options_type = OPTIONS_L2_NORM,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
