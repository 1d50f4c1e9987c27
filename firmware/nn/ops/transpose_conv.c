/* TRANSPOSE_CONV: int8, weights quantized per channel or per tensor, to a constant shape. */
#include "kernels/transpose_conv.h"
#include "op.h"
#include "ops/channels.h"
#include "ops/ops.h"
#include "ops/window.h"
#include "quantization.h"
#include "schema.h"

enum { SHAPE, FILTER, INPUT, BIAS };

static uint32_t params_size(const nn_node *node) {
    nn_model_tensor filter = nn_node_input(node, FILTER);
    return nn_channels_size(sizeof(nn_conv_params), filter.tensor.dims[0]);
}

static bool check_shapes(nn_node *node, const nn_tensor *input, const nn_tensor *filter,
                         const nn_tensor *output) {
    nn_model_tensor shape = nn_node_input(node, SHAPE);
    if (shape.tensor.data == NULL || shape.tensor.type != NN_INT32 || shape.tensor.bytes != 16) {
        return nn_fail(node, "output shape must be a constant of four int32");
    }
    const int32_t *wanted = shape.tensor.data;
    bool fits = output->dims[0] == input->dims[0] && output->dims[3] == filter->dims[0] &&
                input->dims[3] == filter->dims[3];
    for (int32_t d = 0; d < 4; d++) {
        fits = fits && output->dims[d] == wanted[d];
    }
    if (!fits) {
        return nn_fail(node, "output has an unexpected shape");
    }
    bool is_small = nn_count(filter, 1, 4) <= NN_MAX_SUM(NN_INT8);
    return is_small || nn_fail(node, "filter is too large");
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor filter = nn_node_input(node, FILTER);
    nn_model_tensor bias = nn_node_input(node, BIAS);
    nn_model_tensor output = nn_node_output(node, 0);
    if (!nn_check_counts(node, 3, 4)) {
        return false;
    }
    if (input.tensor.type != NN_INT8) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_check_weights(node, &input, &filter, &bias, &output) ||
        !check_shapes(node, &input.tensor, &filter.tensor, &output.tensor)) {
        return false;
    }
    nn_conv_params *p = node->params;
    *p = (nn_conv_params){
        .batches = input.tensor.dims[0],
        .input_channels = input.tensor.dims[3],
        .output_channels = output.tensor.dims[3],
        .input_offset = -input.tensor.zero_point,
        .output_offset = output.tensor.zero_point,
    };
    /* The convolution that leads back, whose padding this one takes away. */
    nn_window window = {filter.tensor.dims[1], filter.tensor.dims[2], 1, 1};
    uint8_t activation = nn_option_u8(node, TRANSPOSE_CONV_ACTIVATION, ACTIVATION_NONE);
    return nn_prepare_axes(node, &p->y, &p->x, &window, &output.tensor, &input.tensor) &&
           nn_activation_range(node, activation, &output.tensor, &p->min, &p->max) &&
           nn_prepare_channels(node, sizeof *p, &input, &filter, &output, p->output_channels);
}

static void invoke(const nn_node *node) {
    const nn_conv_params *p = node->params;
    nn_channels channels = nn_channels_of(node, sizeof *p, p->output_channels);
    nn_transpose_conv_s8(p, channels.multipliers, channels.shifts, nn_input_data(node, INPUT),
                         nn_input_data(node, FILTER), nn_input_data(node, BIAS),
                         nn_output_data(node, 0));
}

const nn_op nn_op_transpose_conv = {
    .name = "TRANSPOSE_CONV",
    .code = BUILTIN_TRANSPOSE_CONV,
    .options_type = OPTIONS_TRANSPOSE_CONV,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
