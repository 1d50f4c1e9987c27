/* UNPACK: any type, into as many tensors as an axis has elements. */
#include "kernels/copy.h"
#include "op.h"
#include "ops/ops.h"
#include "schema.h"

typedef struct {
    int32_t rows;  /* how often the outputs take turns in the input */
    int32_t piece; /* bytes of each output in a turn */
} unpack_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(unpack_params);
}

/* Whether every output is as the input, but for the axis, which it lacks. */
static bool outputs_fit(const nn_node *node, const nn_model_tensor *input, int32_t axis) {
    nn_tensor expected = input->tensor;
    expected.rank--;
    for (int32_t d = axis; d < expected.rank; d++) {
        expected.dims[d] = expected.dims[d + 1];
    }
    bool fit = true;
    for (uint32_t i = 0; i < node->outputs.count; i++) {
        nn_model_tensor output = nn_node_output(node, i);
        fit = fit && nn_same_shape(&output.tensor, &expected) &&
              output.tensor.type == expected.type && nn_same_quantization(&output, input);
    }
    return fit;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, 0);
    unpack_params *p = node->params;
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
    if (!outputs_fit(node, &input, axis)) {
        return nn_fail(node, "output has an unexpected type, shape or quantization");
    }
    p->rows = nn_count(&input.tensor, 0, axis);
    p->piece = nn_count(&input.tensor, axis + 1, rank) * nn_element_size(input.tensor.type);
    return true;
}

static void invoke(const nn_node *node) {
    const unpack_params *p = node->params;
    const uint8_t *input = nn_input_data(node, 0);
    int32_t stride = p->piece * (int32_t)node->outputs.count;
    for (uint32_t i = 0; i < node->outputs.count; i++) {
        nn_copy_rows(input, stride, nn_output_data(node, i), p->piece, p->rows, p->piece);
        input += p->piece;
    }
}

const nn_op nn_op_unpack = {
    .name = "UNPACK",
    .code = BUILTIN_UNPACK,
    .options_type = OPTIONS_UNPACK,
    .folding = NN_FOLDED_IF_CONSTANT,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
