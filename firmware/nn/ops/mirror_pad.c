/* MIRROR_PAD: any type, by constant amounts of at most what there is to mirror. */
#include "kernels/extend.h"
#include "op.h"
#include "ops/list.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, PADDINGS };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_extension);
}

/* LiteRT reads beyond an input that is smaller than its mirror image, or repeats an edge of it. */
static bool paddings_fit(const nn_tensor *paddings, const nn_tensor *input, const nn_tensor *output,
                         int32_t edge) {
    bool fit = output->rank == input->rank;
    for (int32_t d = 0; fit && d < input->rank; d++) {
        int32_t most = input->dims[d] - 1 + edge;
        int64_t before = nn_list_at(paddings, 2 * d);
        int64_t after = nn_list_at(paddings, 2 * d + 1);
        fit = before >= 0 && before <= most && after >= 0 && after <= most &&
              before + input->dims[d] + after == output->dims[d];
    }
    return fit;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor paddings = nn_node_input(node, PADDINGS);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_extension *p = node->params;
    if (!nn_check_counts(node, 2, 2)) {
        return false;
    }
    if (paddings.tensor.rank != 2 || !nn_is_list(&paddings.tensor, 2 * input.tensor.rank)) {
        return nn_fail(node, "paddings must be a constant of two int32 or int64 a dimension");
    }
    if (input.tensor.type != output.tensor.type || !nn_same_quantization(&input, &output)) {
        return nn_fail(node, "input and output must have the same type and quantization");
    }
    int32_t edge =
        nn_option_u8(node, MIRROR_PAD_MODE, MIRROR_PAD_REFLECT) == MIRROR_PAD_REFLECT ? 0 : 1;
    if (!paddings_fit(&paddings.tensor, &input.tensor, &output.tensor, edge)) {
        return nn_fail(node, "paddings are larger than what they mirror, or do not fit the output");
    }
    int32_t stride = nn_element_size(input.tensor.type);
    *p = (nn_extension){.run = stride, .edge = edge};
    for (int32_t d = input.tensor.rank - 1; d >= 0; d--) {
        const nn_extended dim = {
            .input = input.tensor.dims[d],
            .output = output.tensor.dims[d],
            .before = (int32_t)nn_list_at(&paddings.tensor, 2 * d),
            .stride = stride,
        };
        nn_extend_along(p, &dim);
        stride *= input.tensor.dims[d];
    }
    return true;
}

static void invoke(const nn_node *node) {
    nn_mirror(node->params, nn_input_data(node, INPUT), nn_output_data(node, 0));
}

const nn_op nn_op_mirror_pad = {
    .name = "MIRROR_PAD",
    .code = BUILTIN_MIRROR_PAD,
    .options_type = OPTIONS_MIRROR_PAD,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
