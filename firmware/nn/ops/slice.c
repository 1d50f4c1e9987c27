/* SLICE: any type, from a constant place, of a constant size. */
#include "kernels/copy.h"
#include "op.h"
#include "ops/list.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, BEGIN, SIZE };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_runs);
}

/* Whether the output is that part of the input; a size of -1 stands for all that is left. */
static bool is_part(const nn_tensor *begin, const nn_tensor *size, const nn_tensor *input,
                    const nn_tensor *output) {
    bool fits = output->rank == input->rank;
    for (int32_t d = 0; fits && d < input->rank; d++) {
        int64_t start = nn_list_at(begin, d);
        int64_t count = nn_list_at(size, d);
        bool is_inside = start >= 0 && start < input->dims[d];
        count = is_inside && count == -1 ? input->dims[d] - start : count;
        fits =
            is_inside && count > 0 && count <= input->dims[d] - start && count == output->dims[d];
    }
    return fits;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor begin = nn_node_input(node, BEGIN);
    nn_model_tensor size = nn_node_input(node, SIZE);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_runs *runs = node->params;
    int32_t rank = input.tensor.rank;
    if (!nn_check_counts(node, 3, 3)) {
        return false;
    }
    if (!nn_is_list(&begin.tensor, rank) || !nn_is_list(&size.tensor, rank)) {
        return nn_fail(node, "begin and size must be constants of one number a dimension");
    }
    if (input.tensor.type != output.tensor.type || !nn_same_quantization(&input, &output)) {
        return nn_fail(node, "input and output must have the same type and quantization");
    }
    if (!is_part(&begin.tensor, &size.tensor, &input.tensor, &output.tensor)) {
        return nn_fail(node, "slice is empty, beyond the input, or does not fit the output");
    }
    int32_t stride = nn_element_size(input.tensor.type);
    *runs = (nn_runs){.run = stride};
    for (int32_t d = rank - 1; d >= 0; d--) {
        runs->origin += (int32_t)nn_list_at(&begin.tensor, d) * stride;
        nn_runs_wrap(runs, output.tensor.dims[d], stride);
        stride *= input.tensor.dims[d];
    }
    return true;
}

static void invoke(const nn_node *node) {
    nn_gather(node->params, nn_input_data(node, INPUT), nn_output_data(node, 0));
}

const nn_op nn_op_slice = {
    .name = "SLICE",
    .code = BUILTIN_SLICE,
    .options_type = OPTIONS_SLICE,
    .folding = NN_FOLDED_IF_CONSTANT,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
