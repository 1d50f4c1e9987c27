/* ARG_MAX and ARG_MIN of float32, along a constant axis. */
#include "ops/arg_max.h"
#include "ops/ops.h"
#include "schema.h"

static bool prepare(nn_node *node) {
    return nn_prepare_arg_max(node);
}

static void invoke(const nn_node *node) {
    nn_arg_max_f32(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_arg_max_f32 = {
    .name = "ARG_MAX",
    .code = BUILTIN_ARG_MAX,
    .options_type = OPTIONS_ARG_MAX,
    .is_float = true,
    .params_size = nn_arg_max_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_arg_min_f32 = {
    .name = "ARG_MIN",
    .code = BUILTIN_ARG_MIN,
    .options_type = OPTIONS_ARG_MIN,
    .is_float = true,
    .params_size = nn_arg_max_size,
    .prepare = prepare,
    .invoke = invoke,
};
