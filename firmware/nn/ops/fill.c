/* FILL: any type, of a constant shape. */
#include "kernels/copy.h"
#include "op.h"
#include "ops/list.h"
#include "ops/ops.h"
#include "schema.h"

enum { SHAPE, VALUE };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_runs);
}

static bool prepare(nn_node *node) {
    nn_tensor shape = nn_node_input(node, SHAPE).tensor;
    nn_model_tensor value = nn_node_input(node, VALUE);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_runs *runs = node->params;
    int32_t size = nn_element_size(output.tensor.type);
    if (!nn_check_counts(node, 2, 2)) {
        return false;
    }
    if (value.tensor.type != output.tensor.type || !nn_same_quantization(&value, &output) ||
        value.tensor.bytes != (uint32_t)size) {
        return nn_fail(node, "value must be one element of the output's type and quantization");
    }
    bool fits = nn_is_list(&shape, output.tensor.rank);
    for (int32_t d = 0; fits && d < output.tensor.rank; d++) {
        fits = nn_list_at(&shape, d) == output.tensor.dims[d];
    }
    *runs = (nn_runs){.run = size};
    nn_grid_wrap(&runs->grid, nn_count(&output.tensor, 0, output.tensor.rank), 0);
    return fits || nn_fail(node, "shape must be a constant, and the output's");
}

static void invoke(const nn_node *node) {
    nn_gather(node->params, nn_input_data(node, VALUE), nn_output_data(node, 0));
}

const nn_op nn_op_fill = {
    .name = "FILL",
    .code = BUILTIN_FILL,
    .options_type = OPTIONS_FILL,
    .folding = NN_FOLDED_IF_CONSTANT,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
