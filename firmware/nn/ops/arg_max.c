/* ARG_MAX: int8, along a constant axis. */
#include "kernels/arg_max.h"
#include "op.h"
#include "ops/list.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, AXIS };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_arg_max_params);
}

/* Whether the output has the input's dimensions but this one. */
static bool shapes_fit(const nn_tensor *input, const nn_tensor *output, int32_t axis) {
    bool fit = output->rank == input->rank - 1;
    for (int32_t d = 0; fit && d < output->rank; d++) {
        fit = output->dims[d] == input->dims[d < axis ? d : d + 1];
    }
    return fit;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor axes = nn_node_input(node, AXIS);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_arg_max_params *p = node->params;
    if (!nn_check_counts(node, 2, 2)) {
        return false;
    }
    if (input.tensor.type != NN_INT8 ||
        (output.tensor.type != NN_INT32 && output.tensor.type != NN_INT64)) {
        return nn_fail(node, "types are not supported");
    }
    int32_t rank = input.tensor.rank;
    int32_t axis = nn_axis_of(&axes.tensor, rank);
    if (axis < 0) {
        return nn_fail(node, "axis must be a constant within the input's dimensions");
    }
    if (!shapes_fit(&input.tensor, &output.tensor, axis)) {
        return nn_fail(node, "output has an unexpected shape");
    }
    *p = (nn_arg_max_params){
        .outer = nn_count(&input.tensor, 0, axis),
        .size = input.tensor.dims[axis],
        .inner = nn_count(&input.tensor, axis + 1, rank),
        .words = nn_element_size(output.tensor.type) / (int32_t)sizeof(int32_t),
    };
    return true;
}

static void invoke(const nn_node *node) {
    nn_arg_max_s8(node->params, nn_input_data(node, INPUT), nn_output_data(node, 0));
}

const nn_op nn_op_arg_max = {
    .name = "ARG_MAX",
    .code = BUILTIN_ARG_MAX,
    .options_type = OPTIONS_ARG_MAX,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
