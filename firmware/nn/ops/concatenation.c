/* CONCATENATION: any type, all of the same quantization. */
#include "kernels/copy.h"
#include "op.h"
#include "ops/ops.h"
#include "schema.h"

typedef struct {
    int32_t rows;     /* how often the inputs take turns in the output */
    int32_t stride;   /* bytes of a turn */
    int32_t pieces[]; /* bytes of each input in a turn */
} concatenation_params;

static uint32_t params_size(const nn_node *node) {
    return (uint32_t)(sizeof(concatenation_params) + node->inputs.count * sizeof(int32_t));
}

/* Whether an input is as the output, but for its size along the axis. */
static bool input_fits(nn_node *node, const nn_model_tensor *input, const nn_model_tensor *output,
                       int32_t axis) {
    bool fits = input->tensor.rank == output->tensor.rank;
    for (int32_t d = 0; fits && d < input->tensor.rank; d++) {
        fits = d == axis || input->tensor.dims[d] == output->tensor.dims[d];
    }
    if (!fits) {
        return nn_fail(node, "input has an unexpected shape");
    }
    if (input->tensor.type != output->tensor.type || !nn_same_quantization(input, output)) {
        return nn_fail(node, "inputs and output must have the same type and quantization");
    }
    return true;
}

static bool prepare(nn_node *node) {
    nn_model_tensor output = nn_node_output(node, 0);
    concatenation_params *p = node->params;
    int32_t rank = output.tensor.rank;
    int32_t axis = nn_option_i32(node, CONCATENATION_AXIS, 0);
    axis = axis < 0 ? axis + rank : axis;
    if (node->inputs.count < 1 || node->outputs.count != 1 || axis < 0 || axis >= rank) {
        return nn_fail(node, "axis or number of inputs or outputs is out of range");
    }
    if (nn_option_u8(node, CONCATENATION_ACTIVATION, ACTIVATION_NONE) != ACTIVATION_NONE) {
        return nn_fail(node, "fused activation is not supported");
    }
    int32_t size = nn_element_size(output.tensor.type);
    int64_t total = 0;
    for (uint32_t i = 0; i < node->inputs.count; i++) {
        nn_model_tensor input = nn_node_input(node, i);
        if (!input_fits(node, &input, &output, axis)) {
            return false;
        }
        p->pieces[i] = nn_count(&input.tensor, axis, rank) * size;
        total += p->pieces[i];
    }
    p->rows = nn_count(&output.tensor, 0, axis);
    p->stride = nn_count(&output.tensor, axis, rank) * size;
    return total == p->stride || nn_fail(node, "output has an unexpected shape");
}

static void invoke(const nn_node *node) {
    const concatenation_params *p = node->params;
    uint8_t *output = nn_output_data(node, 0);
    for (uint32_t i = 0; i < node->inputs.count; i++) {
        nn_copy_rows(nn_input_data(node, i), p->pieces[i], output, p->stride, p->rows,
                     p->pieces[i]);
        output += p->pieces[i];
    }
}

const nn_op nn_op_concatenation = {
    .name = "CONCATENATION",
    .code = BUILTIN_CONCATENATION,
    .options_type = OPTIONS_CONCATENATION,
    .folding = NN_FOLDED_IF_CONSTANT,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
