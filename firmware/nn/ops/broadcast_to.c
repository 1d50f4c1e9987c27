/* BROADCAST_TO: any type, to a constant shape. */
#include "kernels/copy.h"
#include "op.h"
#include "ops/list.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, SHAPE };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_runs);
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_tensor shape = nn_node_input(node, SHAPE).tensor;
    nn_model_tensor output = nn_node_output(node, 0);
    nn_runs *runs = node->params;
    int32_t added = output.tensor.rank - input.tensor.rank;
    if (!nn_check_counts(node, 2, 2)) {
        return false;
    }
    if (input.tensor.type != output.tensor.type || !nn_same_quantization(&input, &output)) {
        return nn_fail(node, "input and output must have the same type and quantization");
    }
    if (!nn_is_list(&shape, output.tensor.rank) || added < 0) {
        return nn_fail(node, "the new shape must be a constant of at least the input's dimensions");
    }
    int32_t stride = nn_element_size(input.tensor.type);
    *runs = (nn_runs){.run = stride};
    for (int32_t d = output.tensor.rank - 1; d >= 0; d--) {
        int32_t size = d < added ? 1 : input.tensor.dims[d - added];
        int32_t wanted = output.tensor.dims[d];
        if (nn_list_at(&shape, d) != wanted || (size != 1 && size != wanted)) {
            return nn_fail(node, "input, output and the new shape do not fit each other");
        }
        nn_runs_wrap(runs, wanted, size == 1 ? 0 : stride);
        stride *= size;
    }
    return true;
}

static void invoke(const nn_node *node) {
    nn_gather(node->params, nn_input_data(node, INPUT), nn_output_data(node, 0));
}

const nn_op nn_op_broadcast_to = {
    .name = "BROADCAST_TO",
    .code = BUILTIN_BROADCAST_TO,
    .options_type = OPTIONS_BROADCAST_TO,
    .folding = NN_FOLDED_IF_CONSTANT,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
