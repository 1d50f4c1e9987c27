/* TRANSPOSE: any type, by a constant permutation. */
#include "kernels/copy.h"
#include "op.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, PERMUTATION };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_runs);
}

/* The input's dimension that becomes the output's dimension d; less than 0 if it is out of range.
 */
static int32_t source_of(const nn_tensor *permutation, int32_t d) {
    const int32_t *values = permutation->data;
    int32_t rank = permutation->dims[0];
    int32_t value = values[d] < 0 ? values[d] + rank : values[d];
    return value < rank ? value : -1;
}

static bool check_permutation(nn_node *node, const nn_tensor *permutation, const nn_tensor *input,
                              const nn_tensor *output) {
    if (permutation->data == NULL || permutation->type != NN_INT32 || permutation->rank != 1 ||
        permutation->dims[0] != input->rank || output->rank != input->rank) {
        return nn_fail(node, "permutation must be a constant of one int32 a dimension");
    }
    uint32_t seen = 0;
    for (int32_t d = 0; d < input->rank; d++) {
        int32_t source = source_of(permutation, d);
        if (source < 0 || (seen >> source & 1u) != 0 || output->dims[d] != input->dims[source]) {
            return nn_fail(node, "permutation is none, or does not fit the output");
        }
        seen |= 1u << source;
    }
    return true;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor permutation = nn_node_input(node, PERMUTATION);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_runs *runs = node->params;
    if (!nn_check_counts(node, 2, 2)) {
        return false;
    }
    if (input.tensor.type != output.tensor.type) {
        return nn_fail(node, "types are not supported");
    }
    if (!check_permutation(node, &permutation.tensor, &input.tensor, &output.tensor)) {
        return false;
    }
    int32_t size = nn_element_size(input.tensor.type);
    *runs = (nn_runs){.run = size};
    for (int32_t d = output.tensor.rank - 1; d >= 0; d--) {
        int32_t source = source_of(&permutation.tensor, d);
        int32_t stride = size * nn_count(&input.tensor, source + 1, input.tensor.rank);
        nn_runs_wrap(runs, output.tensor.dims[d], stride);
    }
    return true;
}

static void invoke(const nn_node *node) {
    nn_gather(node->params, nn_input_data(node, INPUT), nn_output_data(node, 0));
}

const nn_op nn_op_transpose = {
    .name = "TRANSPOSE",
    .code = BUILTIN_TRANSPOSE,
    .options_type = OPTIONS_TRANSPOSE,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
