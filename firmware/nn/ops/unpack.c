/* UNPACK: any type, into as many tensors as an axis has elements. */
#include "op.h"
#include "ops/ops.h"
#include "ops/pieces.h"
#include "schema.h"

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, 0);
    nn_pieces_params *p = node->params;
    int32_t rank = input.tensor.rank;
    int32_t axis = nn_option_i32(node, UNPACK_AXIS, 0);
    axis = axis < 0 ? axis + rank : axis;
    if (node->inputs.count != 1 || axis < 0 || axis >= rank) {
        return nn_fail(node, "axis or number of inputs is out of range");
    }
    if (node->outputs.count != (uint32_t)input.tensor.dims[axis] ||
        nn_option_i32(node, UNPACK_NUM, 0) != input.tensor.dims[axis]) {
        return nn_fail(node, "unexpected number of inputs or outputs");
    }
    nn_tensor expected = input.tensor;
    expected.rank--;
    for (int32_t d = axis; d < expected.rank; d++) {
        expected.dims[d] = expected.dims[d + 1];
    }
    p->rows = nn_count(&input.tensor, 0, axis);
    p->piece = nn_count(&input.tensor, axis + 1, rank) * nn_element_size(input.tensor.type);
    return nn_check_pieces(node, &input, &expected);
}

static void invoke(const nn_node *node) {
    nn_take_pieces(node, 0);
}

const nn_op nn_op_unpack = {
    .name = "UNPACK",
    .code = BUILTIN_UNPACK,
    .options_type = OPTIONS_UNPACK,
    .folding = NN_FOLDED_IF_CONSTANT,
    .params_size = nn_pieces_size,
    .prepare = prepare,
    .invoke = invoke,
};
