/* PAD, with the value that stands for 0, and PADV2, with any value: any type, by constant amounts.
 */
#include <string.h>

#include "kernels/copy.h"
#include "op.h"
#include "ops/list.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, PADDINGS, VALUE };

typedef struct {
    nn_runs runs;
    int32_t size;     /* bytes of an element */
    int32_t bytes;    /* of the output */
    uint8_t value[8]; /* an element, if no input has it */
} pad_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(pad_params);
}

/* Checks that the paddings are [rank, 2] numbers which lead from the input's shape to the output's.
 */
static bool check_paddings(nn_node *node, const nn_tensor *paddings, const nn_tensor *input,
                           const nn_tensor *output) {
    if (!nn_is_list(paddings, 2 * input->rank)) {
        return nn_fail(node, "paddings must be a constant of two int32 or int64 a dimension");
    }
    if (paddings->rank != 2 || paddings->dims[0] != input->rank || paddings->dims[1] != 2 ||
        output->rank != input->rank) {
        return nn_fail(node, "paddings or output have an unexpected shape");
    }
    for (int32_t d = 0; d < input->rank; d++) {
        int64_t before = nn_list_at(paddings, 2 * d);
        int64_t after = nn_list_at(paddings, 2 * d + 1);
        if (before < 0 || after < 0 || before > INT32_MAX || after > INT32_MAX ||
            before + input->dims[d] + after != output->dims[d]) {
            return nn_fail(node, "paddings are negative or do not fit the output");
        }
    }
    return true;
}

static bool check_tensors(nn_node *node, const nn_model_tensor *input,
                          const nn_model_tensor *output) {
    if (input->tensor.type != output->tensor.type) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_same_quantization(input, output) ||
        (nn_element_size(output->tensor.type) == 1 && output->scales.count > 0 &&
         !nn_is_quantized(output))) {
        return nn_fail(node, "input and output must have the same quantization");
    }
    return true;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor paddings = nn_node_input(node, PADDINGS);
    nn_model_tensor output = nn_node_output(node, 0);
    pad_params *p = node->params;
    if (!check_tensors(node, &input, &output) ||
        !check_paddings(node, &paddings.tensor, &input.tensor, &output.tensor)) {
        return false;
    }
    int32_t size = nn_element_size(output.tensor.type);
    int32_t stride = size;
    *p = (pad_params){.runs.run = size, .size = size, .bytes = (int32_t)output.tensor.bytes};
    for (int32_t d = input.tensor.rank - 1; d >= 0; d--) {
        p->runs.origin += (int32_t)nn_list_at(&paddings.tensor, 2 * d) * stride;
        nn_runs_wrap(&p->runs, input.tensor.dims[d], stride);
        stride *= output.tensor.dims[d];
    }
    return true;
}

static bool prepare_pad(nn_node *node) {
    pad_params *p = node->params;
    nn_model_tensor output = nn_node_output(node, 0);
    if (!nn_check_counts(node, 2, 2) || !prepare(node)) {
        return false;
    }
    if (p->size <= 2) { /* as LiteRT: 0 itself for wider types; little-endian */
        memcpy(p->value, &output.tensor.zero_point, sizeof output.tensor.zero_point);
    }
    return true;
}

static bool prepare_padv2(nn_node *node) {
    nn_model_tensor value = nn_node_input(node, VALUE);
    nn_model_tensor output = nn_node_output(node, 0);
    if (!nn_check_counts(node, 3, 3) || !prepare(node)) {
        return false;
    }
    if (value.tensor.type != output.tensor.type || !nn_same_quantization(&value, &output) ||
        value.tensor.bytes != (uint32_t)nn_element_size(output.tensor.type)) {
        return nn_fail(node, "value must be one element of the output's quantization");
    }
    return true;
}

static void invoke_pad(const nn_node *node) {
    const pad_params *p = node->params;
    nn_pad(&p->runs, nn_input_data(node, INPUT), p->value, p->size, nn_output_data(node, 0),
           p->bytes);
}

static void invoke_padv2(const nn_node *node) {
    const pad_params *p = node->params;
    nn_pad(&p->runs, nn_input_data(node, INPUT), nn_input_data(node, VALUE), p->size,
           nn_output_data(node, 0), p->bytes);
}

const nn_op nn_op_pad = {
    .name = "PAD",
    .code = BUILTIN_PAD,
    .options_type = OPTIONS_PAD,
    .params_size = params_size,
    .prepare = prepare_pad,
    .invoke = invoke_pad,
};

const nn_op nn_op_padv2 = {
    .name = "PADV2",
    .code = BUILTIN_PADV2,
    .options_type = OPTIONS_PADV2,
    .params_size = params_size,
    .prepare = prepare_padv2,
    .invoke = invoke_padv2,
};
