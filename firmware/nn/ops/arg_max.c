/* ARG_MAX and ARG_MIN: int8, uint8 or int32, along a constant axis. */
#include "ops/arg_max.h"

#include "ops/ops.h"
#include "schema.h"

static bool prepare(nn_node *node) {
    nn_arg_max_params *p = node->params;
    nn_type type = nn_node_input(node, 0).tensor.type;
    if (!nn_is_8_bit(type) && type != NN_INT32) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_prepare_arg_max(node)) {
        return false;
    }
    p->element = (nn_element){.size = nn_element_size(type), .flip = type == NN_UINT8 ? 0x80 : 0};
    return true;
}

static void invoke(const nn_node *node) {
    nn_arg_max(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_arg_max = {
    .name = "ARG_MAX",
    .code = BUILTIN_ARG_MAX,
    .options_type = OPTIONS_ARG_MAX,
    .params_size = nn_arg_max_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_arg_min = {
    .name = "ARG_MIN",
    .code = BUILTIN_ARG_MIN,
    .options_type = OPTIONS_ARG_MIN,
    .params_size = nn_arg_max_size,
    .prepare = prepare,
    .invoke = invoke,
};
