/* SPLIT: any type, into equal parts along a constant axis. */
#include "kernels/copy.h"
#include "op.h"
#include "ops/ops.h"
#include "schema.h"

enum { AXIS, INPUT };

typedef struct {
    int32_t rows;  /* how often the outputs take turns in the input */
    int32_t piece; /* bytes of each output in a turn */
} split_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(split_params);
}

/* Whether every output is as the input, but for its size along the axis. */
static bool outputs_fit(const nn_node *node, const nn_model_tensor *input, int32_t axis,
                        int32_t size) {
    nn_tensor expected = input->tensor;
    expected.dims[axis] = size;
    bool fit = true;
    for (uint32_t i = 0; i < node->outputs.count; i++) {
        nn_model_tensor output = nn_node_output(node, i);
        fit = fit && nn_same_shape(&output.tensor, &expected) &&
              output.tensor.type == expected.type && nn_same_quantization(&output, input);
    }
    return fit;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor axes = nn_node_input(node, AXIS);
    split_params *p = node->params;
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
    if (!outputs_fit(node, &input, axis, input.tensor.dims[axis] / parts)) {
        return nn_fail(node, "output has an unexpected type, shape or quantization");
    }
    p->rows = nn_count(&input.tensor, 0, axis);
    p->piece = nn_element_size(input.tensor.type) * nn_count(&input.tensor, axis, rank) / parts;
    return true;
}

static void invoke(const nn_node *node) {
    const split_params *p = node->params;
    const uint8_t *input = nn_input_data(node, INPUT);
    int32_t stride = p->piece * (int32_t)node->outputs.count;
    for (uint32_t i = 0; i < node->outputs.count; i++) {
        nn_copy_rows(input, stride, nn_output_data(node, i), p->piece, p->rows, p->piece);
        input += p->piece;
    }
}

const nn_op nn_op_split = {
    .name = "SPLIT",
    .code = BUILTIN_SPLIT,
    .options_type = OPTIONS_SPLIT,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
