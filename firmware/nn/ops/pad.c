/* PAD: int8, with the value that stands for 0, by constant amounts. */
#include "kernels/copy.h"
#include "op.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, PADDINGS };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_pad_params);
}

static bool check_tensors(nn_node *node, const nn_model_tensor *input,
                          const nn_model_tensor *output) {
    if (node->inputs.count != 2 || node->outputs.count != 1) {
        return nn_fail(node, "unexpected number of inputs or outputs");
    }
    if (input->tensor.type != NN_INT8 || output->tensor.type != NN_INT8) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_is_quantized(input) || !nn_is_quantized(output) ||
        input->tensor.scale != output->tensor.scale ||
        input->tensor.zero_point != output->tensor.zero_point) {
        return nn_fail(node, "input and output must have the same quantization");
    }
    return true;
}

/* Checks that the paddings are [rank, 2] numbers which lead from the input's shape to the output's.
 */
static bool check_paddings(nn_node *node, const nn_tensor *paddings, const nn_tensor *input,
                           const nn_tensor *output) {
    const int32_t *values = paddings->data;
    if (values == NULL || paddings->type != NN_INT32) {
        return nn_fail(node, "paddings must be a constant of int32");
    }
    if (paddings->rank != 2 || paddings->dims[0] != input->rank || paddings->dims[1] != 2 ||
        output->rank != input->rank) {
        return nn_fail(node, "paddings or output have an unexpected shape");
    }
    for (int32_t d = 0; d < input->rank; d++) {
        int64_t before = values[2 * d];
        int64_t after = values[2 * d + 1];
        if (before < 0 || after < 0 || before + input->dims[d] + after != output->dims[d]) {
            return nn_fail(node, "paddings are negative or do not fit the output");
        }
    }
    return true;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor paddings = nn_node_input(node, PADDINGS);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_pad_params *p = node->params;
    if (!check_tensors(node, &input, &output) ||
        !check_paddings(node, &paddings.tensor, &input.tensor, &output.tensor)) {
        return false;
    }
    const int32_t *before = paddings.tensor.data;
    int32_t last = input.tensor.rank - 1;
    int32_t stride = 1;
    p->origin = 0;
    p->rows.rank = 0;
    for (int32_t d = last; d >= 0; d--) {
        p->origin += before[2 * d] * stride;
        if (d < last) {
            nn_grid_wrap(&p->rows, input.tensor.dims[d], stride);
        }
        stride *= output.tensor.dims[d];
    }
    p->row = input.tensor.dims[last];
    p->bytes = (int32_t)output.tensor.bytes;
    p->padding = output.tensor.zero_point;
    return true;
}

static void invoke(const nn_node *node) {
    nn_pad_8(node->params, nn_input_data(node, INPUT), nn_output_data(node, 0));
}

const nn_op nn_op_pad = {
    .name = "PAD",
    .code = BUILTIN_PAD,
    .options_type = OPTIONS_PAD,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
