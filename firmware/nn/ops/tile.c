/* TILE: any type, by constant multiples. */
#include "kernels/extend.h"
#include "op.h"
#include "ops/list.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, MULTIPLES };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_extension);
}

/* Whether each dimension of the output is the input's, so many times. */
static bool multiples_fit(const nn_tensor *multiples, const nn_tensor *input,
                          const nn_tensor *output) {
    bool fit = output->rank == input->rank;
    for (int32_t d = 0; fit && d < input->rank; d++) {
        int64_t times = nn_list_at(multiples, d);
        fit = times > 0 && times <= INT32_MAX && input->dims[d] * times == output->dims[d];
    }
    return fit;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor multiples = nn_node_input(node, MULTIPLES);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_extension *p = node->params;
    if (!nn_check_counts(node, 2, 2)) {
        return false;
    }
    if (!nn_is_list(&multiples.tensor, input.tensor.rank)) {
        return nn_fail(node, "multiples must be a constant of one int32 or int64 a dimension");
    }
    if (input.tensor.type != output.tensor.type || !nn_same_quantization(&input, &output)) {
        return nn_fail(node, "input and output must have the same type and quantization");
    }
    if (!multiples_fit(&multiples.tensor, &input.tensor, &output.tensor)) {
        return nn_fail(node, "multiples do not fit the output");
    }
    int32_t stride = nn_element_size(input.tensor.type);
    *p = (nn_extension){.run = stride};
    for (int32_t d = input.tensor.rank - 1; d >= 0; d--) {
        const nn_extended dim = {
            .input = input.tensor.dims[d], .output = output.tensor.dims[d], .stride = stride};
        nn_extend_along(p, &dim);
        stride *= input.tensor.dims[d];
    }
    return true;
}

static void invoke(const nn_node *node) {
    nn_tile(node->params, nn_input_data(node, INPUT), nn_output_data(node, 0));
}

const nn_op nn_op_tile = {
    .name = "TILE",
    .code = BUILTIN_TILE,
    .options_type = OPTIONS_TILE,
    .folding = NN_FOLDED_IF_CONSTANT,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
