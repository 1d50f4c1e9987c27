/* CONV_2D and DEPTHWISE_CONV_2D of int16 with weights of int8, per channel or per tensor. */
#include "ops/channels.h"
#include "ops/convolution.h"
#include "ops/int16/int16.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, FILTER, BIAS };

/* So many products, and a bias of 40 bits, stay within the 47 that a rescaling takes. */
enum { MAX_SUM = 65535 };

/* By so many bits a rescaling shifts at most. */
enum { MAX_SHIFT = 14 };

typedef struct {
    nn_conv_params kernel;
    int32_t has_32_bit_bias;
} conv_params;

static uint32_t params_size(const nn_node *node, int32_t dimension) {
    nn_model_tensor filter = nn_node_input(node, FILTER);
    return nn_channels_size(sizeof(conv_params), filter.tensor.dims[dimension]);
}

static uint32_t conv_params_size(const nn_node *node) {
    return params_size(node, 0);
}

static uint32_t depthwise_params_size(const nn_node *node) {
    return params_size(node, 3);
}

static bool check_tensors(nn_node *node, const nn_model_tensor *input,
                          const nn_model_tensor *filter, const nn_model_tensor *output) {
    if (!nn_check_counts(node, 2, 3) || !nn_check_int16(node, 1)) {
        return false;
    }
    if (filter->tensor.type != NN_INT8) {
        return nn_fail(node, "types are not supported");
    }
    if (input->tensor.rank != 4 || filter->tensor.rank != 4 || output->tensor.rank != 4) {
        return nn_fail(node, "input, filter and output must have four dimensions");
    }
    return nn_is_symmetric(node, filter) || nn_fail(node, "filter must have zero points of 0");
}

/* Whether every channel is rescaled by what the kernel can. */
static bool check_shifts(nn_node *node, int32_t count) {
    nn_channels channels = nn_channels_of(node, sizeof(conv_params), count);
    bool fit = true;
    for (int32_t i = 0; i < count; i++) {
        fit = fit && channels.shifts[i] <= MAX_SHIFT;
    }
    return fit || nn_fail(node, "filter scale is out of range");
}

static bool prepare(nn_node *node, nn_prepare_conv_shape *fill_shape, uint8_t activation,
                    uint8_t bias_type) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor filter = nn_node_input(node, FILTER);
    nn_model_tensor output = nn_node_output(node, 0);
    conv_params *p = node->params;
    if (!check_tensors(node, &input, &filter, &output) ||
        !fill_shape(node, &p->kernel, &input.tensor, &filter.tensor, &output.tensor)) {
        return false;
    }
    if (nn_count(&filter.tensor, 1, 3) * p->kernel.group_channels > MAX_SUM) {
        return nn_fail(node, "filter is too large");
    }
    int32_t channels = p->kernel.output_channels;
    return nn_check_bias_s16(node, BIAS, bias_type, channels, &p->has_32_bit_bias) &&
           nn_activation_range_s16(node, activation, &p->kernel.min, &p->kernel.max) &&
           nn_prepare_channels(node, sizeof *p, &input, &filter, &output, channels) &&
           check_shifts(node, channels);
}

static bool prepare_conv(nn_node *node) {
    return prepare(node, nn_prepare_conv_2d_shape,
                   nn_option_u8(node, CONV_2D_ACTIVATION, ACTIVATION_NONE),
                   nn_option_u8(node, CONV_2D_BIAS_TYPE, NN_FLOAT32));
}

static bool prepare_depthwise(nn_node *node) {
    return prepare(node, nn_prepare_depthwise_conv_2d_shape,
                   nn_option_u8(node, DEPTHWISE_CONV_2D_ACTIVATION, ACTIVATION_NONE), NN_INT64);
}

static void invoke_conv(const nn_node *node) {
    const conv_params *p = node->params;
    nn_channels channels = nn_channels_of(node, sizeof *p, p->kernel.output_channels);
    nn_conv_s16(&p->kernel, channels.multipliers, channels.shifts, nn_input_data(node, INPUT),
                nn_input_data(node, FILTER), nn_bias_s16(node, BIAS, p->has_32_bit_bias),
                nn_output_data(node, 0));
}

static void invoke_depthwise(const nn_node *node) {
    const conv_params *p = node->params;
    nn_channels channels = nn_channels_of(node, sizeof *p, p->kernel.output_channels);
    nn_depthwise_conv_s16(&p->kernel, channels.multipliers, channels.shifts,
                          nn_input_data(node, INPUT), nn_input_data(node, FILTER),
                          nn_bias_s16(node, BIAS, p->has_32_bit_bias), nn_output_data(node, 0));
}

const nn_op nn_op_conv_2d_s16 = {
    .name = "CONV_2D",
    .code = BUILTIN_CONV_2D,
    .options_type = OPTIONS_CONV_2D,
    .may_lack = true,
    .is_int16 = true,
    .takes_int4 = true,
    .params_size = conv_params_size,
    .prepare = prepare_conv,
    .invoke = invoke_conv,
};

const nn_op nn_op_depthwise_conv_2d_s16 = {
    .name = "DEPTHWISE_CONV_2D",
    .code = BUILTIN_DEPTHWISE_CONV_2D,
    .options_type = OPTIONS_DEPTHWISE_CONV_2D,
    .may_lack = true,
    .is_int16 = true,
    .params_size = depthwise_params_size,
    .prepare = prepare_depthwise,
    .invoke = invoke_depthwise,
};
