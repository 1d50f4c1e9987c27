/* RESHAPE, SQUEEZE and EXPAND_DIMS: any type. The new shape is the output's; the bytes stay as they
 * are. */
#include <string.h>

#include "op.h"
#include "ops/ops.h"
#include "schema.h"

typedef struct {
    uint32_t bytes;
} reshape_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(reshape_params);
}

/* Whether the output has the shape that RESHAPE's input 1, if it is there, tells. A build without
 * folding is for a model that one with it, on the host, has looked at. */
static bool is_told(const nn_node *node) {
    nn_tensor output = nn_node_output(node, 0).tensor;
    nn_tensor wanted = nn_node_input(node, 1).tensor;
    bool is_list = wanted.type == NN_INT32 && wanted.rank == 1;
    if (!NN_WITH_FOLDING || node->op->code != BUILTIN_RESHAPE || !is_list) {
        return true;
    }
    const int32_t *dims = wanted.data;
    bool same = wanted.dims[0] == output.rank;
    for (int32_t d = 0; same && d < output.rank; d++) {
        same = dims[d] == output.dims[d] || dims[d] == -1;
    }
    return same;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, 0);
    nn_model_tensor output = nn_node_output(node, 0);
    reshape_params *p = node->params;
    if (!nn_check_counts(node, 1, 2)) {
        return false;
    }
    if (input.tensor.type != output.tensor.type || input.tensor.bytes != output.tensor.bytes) {
        return nn_fail(node, "input and output must have the same type and size");
    }
    if (node->inputs.count == 2 && nn_node_input(node, 1).tensor.data == NULL) {
        return nn_fail(node, "the new shape must be a constant");
    }
    if (!is_told(node)) {
        return nn_fail(node, "output has another shape than input 1 tells");
    }
    p->bytes = output.tensor.bytes;
    return true;
}

static void invoke(const nn_node *node) {
    const reshape_params *p = node->params;
    const void *input = nn_input_data(node, 0);
    void *output = nn_output_data(node, 0);
    if (output != input) {
        memmove(output, input, p->bytes); /* they may overlap */
    }
}

const nn_op nn_op_reshape = {
    .name = "RESHAPE",
    .code = BUILTIN_RESHAPE,
    .options_type = OPTIONS_RESHAPE,
    .folding = NN_FOLDED_IF_CONSTANT,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_squeeze = {
    .name = "SQUEEZE",
    .code = BUILTIN_SQUEEZE,
    .options_type = OPTIONS_SQUEEZE,
    .folding = NN_FOLDED_IF_CONSTANT,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_expand_dims = {
    .name = "EXPAND_DIMS",
    .code = BUILTIN_EXPAND_DIMS,
    .options_type = OPTIONS_EXPAND_DIMS,
    .folding = NN_FOLDED_IF_CONSTANT,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
