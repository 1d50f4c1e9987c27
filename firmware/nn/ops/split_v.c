/* SPLIT_V: any type, into parts of constant sizes along a constant axis. */
#include "kernels/copy.h"
#include "op.h"
#include "ops/list.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, SIZES, AXIS };

typedef struct {
    int32_t rows;     /* how often the outputs take turns in the input */
    int32_t stride;   /* bytes of a turn */
    int32_t pieces[]; /* bytes of each output in a turn */
} split_v_params;

static uint32_t params_size(const nn_node *node) {
    return (uint32_t)(sizeof(split_v_params) + node->outputs.count * sizeof(int32_t));
}

/* Whether output i is as the input, but for its size along the axis, which is the one wanted; -1
 * stands for what is left. */
static bool output_fits(const nn_node *node, uint32_t i, const nn_model_tensor *input, int32_t axis,
                        int64_t wanted) {
    nn_model_tensor output = nn_node_output(node, i);
    nn_tensor expected = input->tensor;
    if (output.tensor.rank != expected.rank) {
        return false;
    }
    expected.dims[axis] = output.tensor.dims[axis];
    return nn_same_shape(&output.tensor, &expected) && output.tensor.type == expected.type &&
           nn_same_quantization(&output, input) &&
           (wanted == -1 || wanted == output.tensor.dims[axis]);
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor sizes = nn_node_input(node, SIZES);
    nn_model_tensor axes = nn_node_input(node, AXIS);
    split_v_params *p = node->params;
    int32_t parts = (int32_t)node->outputs.count;
    if (node->inputs.count != 3 || parts < 1 || !nn_is_list(&sizes.tensor, parts)) {
        return nn_fail(node, "sizes must be a constant of one number an output");
    }
    int32_t axis = nn_axis_of(&axes.tensor, input.tensor.rank);
    if (axis < 0) {
        return nn_fail(node, "axis must be a constant within the input's dimensions");
    }
    int32_t inner =
        nn_count(&input.tensor, axis + 1, input.tensor.rank) * nn_element_size(input.tensor.type);
    int64_t left = input.tensor.dims[axis];
    for (int32_t i = 0; i < parts; i++) {
        if (!output_fits(node, (uint32_t)i, &input, axis, nn_list_at(&sizes.tensor, i))) {
            return nn_fail(node, "output has an unexpected type, shape or quantization");
        }
        int32_t size = nn_node_output(node, (uint32_t)i).tensor.dims[axis];
        left -= size;
        p->pieces[i] = size * inner;
    }
    p->rows = nn_count(&input.tensor, 0, axis);
    p->stride = input.tensor.dims[axis] * inner;
    return left == 0 || nn_fail(node, "sizes do not add up to the input's");
}

static void invoke(const nn_node *node) {
    const split_v_params *p = node->params;
    const uint8_t *input = nn_input_data(node, INPUT);
    for (uint32_t i = 0; i < node->outputs.count; i++) {
        nn_copy_rows(input, p->stride, nn_output_data(node, i), p->pieces[i], p->rows,
                     p->pieces[i]);
        input += p->pieces[i];
    }
}

const nn_op nn_op_split_v = {
    .name = "SPLIT_V",
    .code = BUILTIN_SPLIT_V,
    .options_type = OPTIONS_SPLIT_V,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
