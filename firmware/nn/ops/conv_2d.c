/* CONV_2D: int8, weights quantized per channel or per tensor; uint8, per tensor. Grouped too. */
#include "kernels/conv.h"
#include "op.h"
#include "ops/channels.h"
#include "ops/convolution.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, FILTER, BIAS };

static uint32_t params_size(const nn_node *node) {
    nn_model_tensor filter = nn_node_input(node, FILTER);
    return nn_channels_size(sizeof(nn_conv_params), filter.tensor.dims[0]);
}

static uint32_t scratch_size(const nn_node *node) {
    nn_model_tensor filter = nn_node_input(node, FILTER);
    int32_t window = nn_count(&filter.tensor, 1, 4);
    /* What is larger, prepare refuses. */
    return window > NN_MAX_SUM(NN_INT8) || filter.tensor.type != NN_INT8
               ? 0
               : nn_conv_scratch(window, filter.tensor.dims[3]);
}

static uint32_t lead(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor filter = nn_node_input(node, FILTER);
    if (filter.tensor.dims[3] != input.tensor.dims[3]) {
        return NN_NO_LEAD; /* each group reads its channels of the same rows */
    }
    nn_window window = nn_conv_2d_window(node, &filter.tensor);
    return nn_window_lead(node, &window, true);
}

static bool prepare(nn_node *node) {
    uint8_t activation = nn_option_u8(node, CONV_2D_ACTIVATION, ACTIVATION_NONE);
    return nn_prepare_conv(node, nn_prepare_conv_2d_shape, activation);
}

static void invoke(const nn_node *node) {
    const nn_conv_params *p = node->params;
    nn_channels channels = nn_channels_of(node, sizeof *p, p->output_channels);
    const void *input = nn_input_data(node, INPUT);
    const void *filter = nn_input_data(node, FILTER);
    const int32_t *bias = nn_input_data(node, BIAS);
    void *output = nn_output_data(node, 0);
    if (NN_WITH_UINT8 && p->is_unsigned) {
        nn_conv_u8(p, channels.multipliers, channels.shifts, input, filter, bias, output);
    } else {
        nn_conv_s8(p, channels.multipliers, channels.shifts, input, filter, bias, node->scratch,
                   output);
    }
}

const nn_op nn_op_conv_2d = {
    .name = "CONV_2D",
    .code = BUILTIN_CONV_2D,
    .options_type = OPTIONS_CONV_2D,
    .may_lack = true,
    .takes_int4 = true,
    .params_size = params_size,
    .scratch_size = scratch_size,
    .lead = lead,
    .prepare = prepare,
    .invoke = invoke,
};
