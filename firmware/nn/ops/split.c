/* SPLIT: any type, into equal parts along a constant axis. */
#include "op.h"
#include "ops/ops.h"
#include "ops/pieces.h"
#include "schema.h"

enum { AXIS, INPUT };

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor axes = nn_node_input(node, AXIS);
    nn_pieces_params *p = node->params;
    int32_t parts = (int32_t)node->outputs.count;
    if (node->inputs.count != 2 || parts < 1 || nn_option_i32(node, SPLIT_NUM_SPLITS, 0) != parts) {
        return nn_fail(node, "unexpected number of inputs or outputs");
    }
    if (axes.tensor.data == NULL || axes.tensor.type != NN_INT32 || axes.tensor.bytes != 4) {
        return nn_fail(node, "axis must be a constant of int32");
    }
    int32_t rank = input.tensor.rank;
    int32_t axis = *(const int32_t *)axes.tensor.data;
    axis = axis < 0 ? axis + rank : axis;
    if (axis < 0 || axis >= rank || input.tensor.dims[axis] % parts != 0) {
        return nn_fail(node, "axis is out of range, or not divisible");
    }
    nn_tensor expected = input.tensor;
    expected.dims[axis] /= parts;
    p->rows = nn_count(&input.tensor, 0, axis);
    p->piece = nn_element_size(input.tensor.type) * nn_count(&input.tensor, axis, rank) / parts;
    return nn_check_pieces(node, &input, &expected);
}

static void invoke(const nn_node *node) {
    nn_take_pieces(node, INPUT);
}

const nn_op nn_op_split = {
    .name = "SPLIT",
    .code = BUILTIN_SPLIT,
    .options_type = OPTIONS_SPLIT,
    .params_size = nn_pieces_size,
    .prepare = prepare,
    .invoke = invoke,
};
