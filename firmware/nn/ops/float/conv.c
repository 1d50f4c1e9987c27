/* CONV_2D and DEPTHWISE_CONV_2D of float32. */
#include "ops/convolution.h"
#include "ops/float/float.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, FILTER, BIAS };

typedef struct {
    nn_conv_params shape;
    nn_range_f32 range;
} conv_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(conv_params);
}

static bool check_tensors(nn_node *node, const nn_tensor *input, const nn_tensor *filter,
                          const nn_tensor *output) {
    if (!nn_check_counts(node, 2, 3) || !nn_check_float(node, 3)) {
        return false;
    }
    bool have_four = input->rank == 4 && filter->rank == 4 && output->rank == 4;
    nn_model_tensor bias = nn_node_input(node, BIAS);
    bool bias_fits =
        bias.tensor.bytes == 0 || nn_count(&bias.tensor, 0, bias.tensor.rank) == output->dims[3];
    return (have_four && bias_fits) ||
           nn_fail(node, "input, filter, bias or output has an unexpected shape");
}

static bool prepare(nn_node *node, nn_prepare_conv_shape *fill_shape, uint8_t activation) {
    nn_tensor input = nn_node_input(node, INPUT).tensor;
    nn_tensor filter = nn_node_input(node, FILTER).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    conv_params *p = node->params;
    return check_tensors(node, &input, &filter, &output) &&
           fill_shape(node, &p->shape, &input, &filter, &output) &&
           nn_activation_range_f32(node, activation, &p->range);
}

static bool prepare_conv(nn_node *node) {
    uint8_t activation = nn_option_u8(node, CONV_2D_ACTIVATION, ACTIVATION_NONE);
    return prepare(node, nn_prepare_conv_2d_shape, activation);
}

static bool prepare_depthwise(nn_node *node) {
    uint8_t activation = nn_option_u8(node, DEPTHWISE_CONV_2D_ACTIVATION, ACTIVATION_NONE);
    return prepare(node, nn_prepare_depthwise_conv_2d_shape, activation);
}

static void invoke_conv(const nn_node *node) {
    const conv_params *p = node->params;
    nn_conv_f32(&p->shape, p->range, nn_input_data(node, INPUT), nn_input_data(node, FILTER),
                nn_input_data(node, BIAS), nn_output_data(node, 0));
}

static void invoke_depthwise(const nn_node *node) {
    const conv_params *p = node->params;
    nn_depthwise_conv_f32(&p->shape, p->range, nn_input_data(node, INPUT),
                          nn_input_data(node, FILTER), nn_input_data(node, BIAS),
                          nn_output_data(node, 0));
}

const nn_op nn_op_conv_2d_f32 = {
    .name = "CONV_2D",
    .code = BUILTIN_CONV_2D,
    .options_type = OPTIONS_CONV_2D,
    .may_lack = true,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare_conv,
    .invoke = invoke_conv,
};

const nn_op nn_op_depthwise_conv_2d_f32 = {
    .name = "DEPTHWISE_CONV_2D",
    .code = BUILTIN_DEPTHWISE_CONV_2D,
    .options_type = OPTIONS_DEPTHWISE_CONV_2D,
    .may_lack = true,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare_depthwise,
    .invoke = invoke_depthwise,
};
