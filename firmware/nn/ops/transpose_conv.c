/* TRANSPOSE_CONV: int8, weights quantized per channel or per tensor, or float32, to a constant
 * shape. Its first input has no type that would tell which, so that it is one op for both. */
#include "kernels/transpose_conv.h"
#include "kernels/float.h"
#include "op.h"
#include "ops/channels.h"
#include "ops/float/float.h"
#include "ops/ops.h"
#include "ops/window.h"
#include "quantization.h"
#include "schema.h"

enum { SHAPE, FILTER, INPUT, BIAS };

typedef struct {
    nn_conv_params shape;
    bool is_float;
    nn_range_f32 range; /* of floats */
} transpose_params;

static uint32_t params_size(const nn_node *node) {
    nn_model_tensor filter = nn_node_input(node, FILTER);
    return nn_channels_size(sizeof(transpose_params), filter.tensor.dims[0]);
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

/* Fills the shape: that of the convolution that leads back, whose padding this one takes away. */
static bool prepare_shape(nn_node *node, nn_conv_params *p) {
    nn_tensor input = nn_node_input(node, INPUT).tensor;
    nn_tensor filter = nn_node_input(node, FILTER).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    *p = (nn_conv_params){
        .batches = input.dims[0],
        .input_channels = input.dims[3],
        .output_channels = output.dims[3],
        .input_offset = -input.zero_point,
        .output_offset = output.zero_point,
    };
    nn_window window = {filter.dims[1], filter.dims[2], 1, 1};
    return nn_prepare_axes(node, &p->y, &p->x, &window, &output, &input);
}

static bool prepare_integers(nn_node *node, transpose_params *p) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor filter = nn_node_input(node, FILTER);
    nn_model_tensor bias = nn_node_input(node, BIAS);
    nn_model_tensor output = nn_node_output(node, 0);
    uint8_t activation = nn_option_u8(node, TRANSPOSE_CONV_ACTIVATION, ACTIVATION_NONE);
    if (input.tensor.type != NN_INT8) {
        return nn_fail(node, "types are not supported");
    }
    return nn_check_weights(node, &input, &filter, &bias, &output) &&
           check_shapes(node, &input.tensor, &filter.tensor, &output.tensor) &&
           prepare_shape(node, &p->shape) &&
           nn_activation_range(node, activation, &output.tensor, &p->shape.min, &p->shape.max) &&
           nn_prepare_channels(node, sizeof *p, &input, &filter, &output, p->shape.output_channels);
}

static bool is_real_or_absent(const nn_tensor *tensor) {
    return tensor->bytes == 0 || tensor->type == NN_FLOAT32;
}

static bool prepare_floats(nn_node *node, transpose_params *p) {
    nn_tensor input = nn_node_input(node, INPUT).tensor;
    nn_tensor filter = nn_node_input(node, FILTER).tensor;
    nn_tensor bias = nn_node_input(node, BIAS).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    uint8_t activation = nn_option_u8(node, TRANSPOSE_CONV_ACTIVATION, ACTIVATION_NONE);
    if (filter.type != NN_FLOAT32 || output.type != NN_FLOAT32 || !is_real_or_absent(&bias)) {
        return nn_fail(node, "types are not supported");
    }
    bool have_four = input.rank == 4 && filter.rank == 4 && output.rank == 4;
    if (!have_four || (bias.bytes != 0 && nn_count(&bias, 0, bias.rank) != output.dims[3])) {
        return nn_fail(node, "input, filter, bias or output has an unexpected shape");
    }
    return check_shapes(node, &input, &filter, &output) && prepare_shape(node, &p->shape) &&
           nn_activation_range_f32(node, activation, &p->range);
}

static bool prepare(nn_node *node) {
    transpose_params *p = node->params;
    if (!nn_check_counts(node, 3, 4)) {
        return false;
    }
    p->is_float = NN_WITH_FLOAT && nn_node_input(node, INPUT).tensor.type == NN_FLOAT32;
    return NN_WITH_FLOAT && p->is_float ? prepare_floats(node, p) : prepare_integers(node, p);
}

static void invoke(const nn_node *node) {
    const transpose_params *p = node->params;
    const nn_conv_params *shape = &p->shape;
    const void *input = nn_input_data(node, INPUT);
    const void *filter = nn_input_data(node, FILTER);
    const void *bias = nn_input_data(node, BIAS);
    void *output = nn_output_data(node, 0);
    if (NN_WITH_FLOAT && p->is_float) {
        nn_transpose_conv_f32(shape, p->range, input, filter, bias, output);
        return;
    }
    nn_channels channels = nn_channels_of(node, sizeof *p, shape->output_channels);
    nn_transpose_conv_s8(shape, channels.multipliers, channels.shifts, input, filter, bias, output);
}

const nn_op nn_op_transpose_conv = {
    .name = "TRANSPOSE_CONV",
    .code = BUILTIN_TRANSPOSE_CONV,
    .options_type = OPTIONS_TRANSPOSE_CONV,
    .may_lack = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
