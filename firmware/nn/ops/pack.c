/* PACK: any type, all of the same shape and quantization. */
#include "kernels/copy.h"
#include "op.h"
#include "ops/ops.h"
#include "schema.h"

typedef struct {
    int32_t rows;  /* how often the inputs take turns in the output */
    int32_t piece; /* bytes of an input in a turn */
} pack_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(pack_params);
}

/* Whether the output has the input's dimensions, and one of `count` more at `axis`. */
static bool shape_fits(const nn_tensor *input, const nn_tensor *output, int32_t axis,
                       int32_t count) {
    bool fits = output->rank == input->rank + 1 && output->dims[axis] == count;
    for (int32_t d = 0; fits && d < input->rank; d++) {
        fits = output->dims[d < axis ? d : d + 1] == input->dims[d];
    }
    return fits;
}

static bool prepare(nn_node *node) {
    nn_model_tensor output = nn_node_output(node, 0);
    pack_params *p = node->params;
    int32_t rank = output.tensor.rank;
    int32_t axis = nn_option_i32(node, PACK_AXIS, 0);
    axis = axis < 0 ? axis + rank : axis;
    if (node->inputs.count < 1 || node->outputs.count != 1 || axis < 0 || axis >= rank) {
        return nn_fail(node, "axis or number of inputs or outputs is out of range");
    }
    for (uint32_t i = 0; i < node->inputs.count; i++) {
        nn_model_tensor input = nn_node_input(node, i);
        if (!shape_fits(&input.tensor, &output.tensor, axis, (int32_t)node->inputs.count)) {
            return nn_fail(node, "input or output has an unexpected shape");
        }
        if (input.tensor.type != output.tensor.type || !nn_same_quantization(&input, &output)) {
            return nn_fail(node, "inputs and output must have the same type and quantization");
        }
    }
    p->rows = nn_count(&output.tensor, 0, axis);
    p->piece = nn_count(&output.tensor, axis + 1, rank) * nn_element_size(output.tensor.type);
    return true;
}

static void invoke(const nn_node *node) {
    const pack_params *p = node->params;
    uint8_t *output = nn_output_data(node, 0);
    int32_t stride = p->piece * (int32_t)node->inputs.count;
    for (uint32_t i = 0; i < node->inputs.count; i++) {
        nn_copy_rows(nn_input_data(node, i), p->piece, output, stride, p->rows, p->piece);
        output += p->piece;
    }
}

const nn_op nn_op_pack = {
    .name = "PACK",
    .code = BUILTIN_PACK,
    .options_type = OPTIONS_PACK,
    .folding = NN_FOLDED_IF_CONSTANT,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
