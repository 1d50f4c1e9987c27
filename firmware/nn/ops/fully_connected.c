/* FULLY_CONNECTED: int8, weights quantized per tensor or per output; uint8, per tensor. */
#include "kernels/fully_connected.h"
#include "op.h"
#include "ops/arithmetic.h"
#include "ops/fully_connected.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

enum { INPUT, FILTER, BIAS };

/* The most products of two differences of 8-bit values that surely fit in 32 bits. */
enum { MAX_DEPTH = 33025 };

typedef struct {
    nn_fully_connected_params kernel;
    nn_output_scale scales[]; /* one for all outputs, or one an output */
} fully_connected_params;

static uint32_t params_size(const nn_node *node) {
    uint32_t scales = nn_node_input(node, FILTER).scales.count;
    if (scales > INT32_MAX / 16) {
        return INT32_MAX; /* more than any arena, where the product could wrap */
    }
    return (uint32_t)(sizeof(fully_connected_params) + scales * sizeof(nn_output_scale));
}

static bool check_types(nn_node *node, const nn_tensor *input, const nn_tensor *filter,
                        const nn_tensor *bias, const nn_tensor *output) {
    if (!nn_is_8_bit(input->type) || filter->type != input->type || output->type != input->type) {
        return nn_fail(node, "types are not supported");
    }
    if (bias->bytes != 0 && (bias->type != NN_INT32 || bias->zero_point != 0)) {
        return nn_fail(node, "bias type is not supported");
    }
    return true;
}

static bool prepare_scales(nn_node *node, fully_connected_params *p, const nn_model_tensor *input,
                           const nn_model_tensor *filter, const nn_model_tensor *output) {
    bool per_channel = filter->scales.count > 1;
    if (!nn_is_quantized(input) || !nn_is_quantized(output)) {
        return nn_fail(node, "input or output has no valid quantization");
    }
    bool is_valid = per_channel
                        ? filter->tensor.type == NN_INT8 &&
                              filter->scales.count == (uint32_t)p->kernel.outputs &&
                              filter->quantized_dimension == 0 && nn_is_symmetric(node, filter)
                        : nn_is_quantized(filter);
    if (!is_valid) {
        return nn_fail(node, "filter has no valid quantization");
    }
    p->kernel.scale_step = per_channel;
    for (uint32_t i = 0; i < filter->scales.count; i++) {
        float scale = nn_channel_scale(node, filter, i);
        if (!nn_is_positive(scale)) {
            return nn_fail(node, "filter scale is out of range");
        }
        double real = (double)input->tensor.scale * (double)scale / (double)output->tensor.scale;
        if (!nn_prepare_output_scale(&p->scales[i], real)) {
            return nn_fail(node, "output scale is too small for the input");
        }
    }
    return true;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor filter = nn_node_input(node, FILTER);
    nn_model_tensor bias = nn_node_input(node, BIAS);
    nn_model_tensor output = nn_node_output(node, 0);
    if (!nn_check_fully_connected(node, &input.tensor, &filter.tensor, &bias.tensor,
                                  &output.tensor) ||
        !check_types(node, &input.tensor, &filter.tensor, &bias.tensor, &output.tensor)) {
        return false;
    }
    if (filter.tensor.dims[1] > MAX_DEPTH) {
        return nn_fail(node, "filter is too large");
    }
    fully_connected_params *params = node->params;
    nn_fully_connected_params *p = &params->kernel;
    p->outputs = filter.tensor.dims[0];
    p->depth = filter.tensor.dims[1];
    p->batches = nn_count(&input.tensor, 0, input.tensor.rank) / p->depth;
    p->is_unsigned = input.tensor.type == NN_UINT8;
    p->input_offset = -input.tensor.zero_point;
    p->filter_offset = -filter.tensor.zero_point;
    p->output_offset = output.tensor.zero_point;
    uint8_t activation = nn_option_u8(node, FULLY_CONNECTED_ACTIVATION, ACTIVATION_NONE);
    return prepare_scales(node, params, &input, &filter, &output) &&
           nn_activation_range(node, activation, &output.tensor, &p->min, &p->max);
}

static void invoke(const nn_node *node) {
    const fully_connected_params *p = node->params;
    const void *input = nn_input_data(node, INPUT);
    const void *filter = nn_input_data(node, FILTER);
    const int32_t *bias = nn_input_data(node, BIAS);
    void *output = nn_output_data(node, 0);
    if (NN_WITH_UINT8 && p->kernel.is_unsigned) {
        nn_fully_connected_u8(&p->kernel, p->scales, input, filter, bias, output);
    } else {
        nn_fully_connected_s8(&p->kernel, p->scales, input, filter, bias, output);
    }
}

const nn_op nn_op_fully_connected = {
    .name = "FULLY_CONNECTED",
    .code = BUILTIN_FULLY_CONNECTED,
    .options_type = OPTIONS_FULLY_CONNECTED,
    .may_lack = true,
    .takes_int4 = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
