/* CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of float32 with weights of int8, per output
 * channel or per tensor: dynamic-range models. */
#include "kernels/hybrid.h"

#include <float.h>

#include "op.h"
#include "ops/convolution.h"
#include "ops/float/float.h"
#include "ops/fully_connected.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, FILTER, BIAS };

/* The most products of an int8 and a difference of two that surely fit in 32 bits. */
enum { MAX_SUM = 65535 };

typedef struct {
    nn_hybrid_params kernel;
    float scales[]; /* one for all output channels, or one a channel */
} hybrid_params;

static uint32_t params_size(const nn_node *node) {
    uint32_t scales = nn_node_input(node, FILTER).scales.count;
    if (scales > INT32_MAX / 8) {
        return INT32_MAX; /* more than any arena, where the product could wrap */
    }
    return (uint32_t)(sizeof(hybrid_params) + scales * sizeof(float));
}

/* The input, quantized. An image at a time would do, but there is mostly one. */
static uint32_t scratch_size(const nn_node *node) {
    return nn_node_input(node, INPUT).tensor.bytes / (uint32_t)sizeof(float);
}

static bool check_types(nn_node *node) {
    nn_tensor bias = nn_node_input(node, BIAS).tensor;
    bool supported = nn_node_input(node, INPUT).tensor.type == NN_FLOAT32 &&
                     nn_node_input(node, FILTER).tensor.type == NN_INT8 &&
                     (bias.bytes == 0 || bias.type == NN_FLOAT32) &&
                     nn_node_output(node, 0).tensor.type == NN_FLOAT32;
    return supported || nn_fail(node, "types are not supported");
}

/* Copies the filter's scales; *differ tells whether any is another than the first. */
static bool prepare_scales(nn_node *node, hybrid_params *p, int32_t dimension, bool *differ) {
    nn_model_tensor filter = nn_node_input(node, FILTER);
    uint32_t channels = (uint32_t)p->kernel.shape.output_channels;
    uint32_t count = filter.scales.count;
    if (count == 0 || !nn_is_symmetric(node, &filter) ||
        (count > 1 && (count != channels || filter.quantized_dimension != dimension))) {
        return nn_fail(node, "filter has no valid quantization");
    }
    *differ = false;
    for (uint32_t i = 0; i < count; i++) {
        float scale = nn_channel_scale(node, &filter, i);
        if (!(scale >= 0.0f && scale <= FLT_MAX)) {
            return nn_fail(node, "filter scale is out of range");
        }
        p->scales[i] = scale;
        *differ = *differ || scale != p->scales[0];
    }
    p->kernel.scale_step = count > 1;
    return true;
}

static bool prepare_conv(nn_node *node, nn_prepare_conv_shape *fill_shape, int32_t dimension,
                         uint8_t activation, bool *differ) {
    nn_tensor input = nn_node_input(node, INPUT).tensor;
    nn_tensor filter = nn_node_input(node, FILTER).tensor;
    nn_tensor bias = nn_node_input(node, BIAS).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    hybrid_params *p = node->params;
    if (!nn_check_counts(node, 2, 3) || !check_types(node)) {
        return false;
    }
    if (input.rank != 4 || filter.rank != 4 || output.rank != 4 ||
        (bias.bytes != 0 && nn_count(&bias, 0, bias.rank) != output.dims[3])) {
        return nn_fail(node, "input, filter, bias or output has an unexpected shape");
    }
    if (!fill_shape(node, &p->kernel.shape, &input, &filter, &output)) {
        return false;
    }
    if (nn_count(&filter, 1, 3) * p->kernel.shape.group_channels > MAX_SUM) {
        return nn_fail(node, "filter is too large");
    }
    return prepare_scales(node, p, dimension, differ) &&
           nn_activation_range_f32(node, activation, &p->kernel.range);
}

/* As EvalHybrid and EvalHybridPerChannel of tflite/kernels/conv.cc. */
static bool prepare_conv_2d(nn_node *node) {
    hybrid_params *p = node->params;
    const nn_conv_params *shape = &p->kernel.shape;
    bool differ;
    uint8_t activation = nn_option_u8(node, CONV_2D_ACTIVATION, ACTIVATION_NONE);
    if (!prepare_conv(node, nn_prepare_conv_2d_shape, 0, activation, &differ)) {
        return false;
    }
    bool has_groups = shape->group_channels != shape->input_channels;
    if (has_groups && p->kernel.scale_step == 0 && shape->output_channels > 1) {
        return nn_fail(node, "filter in groups has one scale for all"); /* LiteRT reads beyond it */
    }
    p->kernel.filter_step = shape->y.filter * shape->x.filter * shape->group_channels;
    p->kernel.tap_step = shape->group_channels;
    p->kernel.is_asymmetric = differ || has_groups;
    p->kernel.scales_one_by_one = p->kernel.is_asymmetric;
    return true;
}

static bool prepare_depthwise_conv_2d(nn_node *node) {
    hybrid_params *p = node->params;
    bool differ;
    uint8_t activation = nn_option_u8(node, DEPTHWISE_CONV_2D_ACTIVATION, ACTIVATION_NONE);
    if (!prepare_conv(node, nn_prepare_depthwise_conv_2d_shape, 3, activation, &differ)) {
        return false;
    }
    if (p->kernel.scale_step == 0 && p->kernel.shape.output_channels > 1) {
        return nn_fail(node, "filter has one scale for all channels");
    }
    p->kernel.filter_step = 1;
    p->kernel.tap_step = p->kernel.shape.output_channels;
    p->kernel.is_asymmetric = true;
    p->kernel.scales_one_by_one = false;
    return true;
}

/* A fully connected layer is a convolution of images of one pixel. */
static bool prepare_fully_connected(nn_node *node) {
    nn_tensor input = nn_node_input(node, INPUT).tensor;
    nn_tensor filter = nn_node_input(node, FILTER).tensor;
    nn_tensor bias = nn_node_input(node, BIAS).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    hybrid_params *p = node->params;
    bool differ;
    if (!nn_check_fully_connected(node, &input, &filter, &bias, &output) || !check_types(node)) {
        return false;
    }
    int32_t depth = filter.dims[1];
    if (depth > MAX_SUM) {
        return nn_fail(node, "filter is too large");
    }
    const nn_axis pixel = {.input = 1, .output = 1, .filter = 1, .stride = 1, .dilation = 1};
    p->kernel = (nn_hybrid_params){
        .shape = {.y = pixel,
                  .x = pixel,
                  .batches = nn_count(&input, 0, input.rank) / depth,
                  .input_channels = depth,
                  .group_channels = depth,
                  .output_channels = filter.dims[0],
                  .group_outputs = filter.dims[0]},
        .filter_step = depth,
        .tap_step = depth,
        .is_asymmetric = nn_option_u8(node, FULLY_CONNECTED_ASYMMETRIC_INPUTS, 0) != 0,
    };
    uint8_t activation = nn_option_u8(node, FULLY_CONNECTED_ACTIVATION, ACTIVATION_NONE);
    return prepare_scales(node, p, 0, &differ) &&
           nn_activation_range_f32(node, activation, &p->kernel.range);
}

static void invoke(const nn_node *node) {
    const hybrid_params *p = node->params;
    nn_conv_hybrid(&p->kernel, p->scales, nn_input_data(node, INPUT), nn_input_data(node, FILTER),
                   nn_input_data(node, BIAS), node->scratch, nn_output_data(node, 0));
}

const nn_op nn_op_conv_2d_hybrid = {
    .name = "CONV_2D",
    .code = BUILTIN_CONV_2D,
    .options_type = OPTIONS_CONV_2D,
    .may_lack = true,
    .is_float = true,
    .is_hybrid = true,
    .takes_int4 = true,
    .params_size = params_size,
    .scratch_size = scratch_size,
    .prepare = prepare_conv_2d,
    .invoke = invoke,
};

const nn_op nn_op_depthwise_conv_2d_hybrid = {
    .name = "DEPTHWISE_CONV_2D",
    .code = BUILTIN_DEPTHWISE_CONV_2D,
    .options_type = OPTIONS_DEPTHWISE_CONV_2D,
    .may_lack = true,
    .is_float = true,
    .is_hybrid = true,
    .params_size = params_size,
    .scratch_size = scratch_size,
    .prepare = prepare_depthwise_conv_2d,
    .invoke = invoke,
};

const nn_op nn_op_fully_connected_hybrid = {
    .name = "FULLY_CONNECTED",
    .code = BUILTIN_FULLY_CONNECTED,
    .options_type = OPTIONS_FULLY_CONNECTED,
    .may_lack = true,
    .is_float = true,
    .is_hybrid = true,
    .takes_int4 = true,
    .params_size = params_size,
    .scratch_size = scratch_size,
    .prepare = prepare_fully_connected,
    .invoke = invoke,
};
