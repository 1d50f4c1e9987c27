/* FULLY_CONNECTED of int16 with weights of int8, per output or per tensor. */
#include "ops/fully_connected.h"

#include "ops/int16/int16.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, FILTER, BIAS };

/* So many products, and a bias of 40 bits, are exact in double precision. */
enum { MAX_DEPTH = 65535 };

typedef struct {
    nn_fully_connected_s16_params kernel;
    int32_t has_32_bit_bias;
    double scales[]; /* one for all outputs, or one an output */
} fully_connected_params;

static uint32_t params_size(const nn_node *node) {
    uint32_t scales = nn_node_input(node, FILTER).scales.count;
    if (scales > INT32_MAX / 16) {
        return INT32_MAX; /* more than any arena, where the product could wrap */
    }
    return (uint32_t)(sizeof(fully_connected_params) + scales * sizeof(double));
}

static bool prepare_scales(nn_node *node, fully_connected_params *p,
                           const nn_model_tensor *filter) {
    float input_scale = nn_node_input(node, INPUT).tensor.scale;
    float output_scale = nn_node_output(node, 0).tensor.scale;
    uint32_t count = filter->scales.count;
    bool per_channel = count > 1;
    if (count == 0 ||
        (per_channel && (count != (uint32_t)p->kernel.outputs || filter->quantized_dimension != 0 ||
                         !nn_is_symmetric(node, filter)))) {
        return nn_fail(node, "filter has no valid quantization");
    }
    p->kernel.scale_step = per_channel;
    for (uint32_t i = 0; i < count; i++) {
        float scale = nn_channel_scale(node, filter, i);
        if (!nn_is_positive(scale)) {
            return nn_fail(node, "filter scale is out of range");
        }
        p->scales[i] = (double)input_scale * (double)scale / (double)output_scale;
    }
    return true;
}

static bool check_types(nn_node *node, const nn_model_tensor *filter) {
    if (!nn_check_int16(node, 1)) {
        return false;
    }
    if (filter->tensor.type != NN_INT8) {
        return nn_fail(node, "types are not supported");
    }
    return nn_is_quantized(filter) || filter->scales.count > 1 ||
           nn_fail(node, "filter has no valid quantization");
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor filter = nn_node_input(node, FILTER);
    nn_model_tensor bias = nn_node_input(node, BIAS);
    nn_model_tensor output = nn_node_output(node, 0);
    fully_connected_params *params = node->params;
    nn_fully_connected_s16_params *p = &params->kernel;
    if (!nn_check_fully_connected(node, &input.tensor, &filter.tensor, &bias.tensor,
                                  &output.tensor) ||
        !check_types(node, &filter)) {
        return false;
    }
    if (filter.tensor.dims[1] > MAX_DEPTH) {
        return nn_fail(node, "filter is too large");
    }
    p->outputs = filter.tensor.dims[0];
    p->depth = filter.tensor.dims[1];
    p->batches = nn_count(&input.tensor, 0, input.tensor.rank) / p->depth;
    p->filter_offset = -filter.tensor.zero_point;
    uint8_t activation = nn_option_u8(node, FULLY_CONNECTED_ACTIVATION, ACTIVATION_NONE);
    uint8_t bias_type = nn_option_u8(node, FULLY_CONNECTED_BIAS_TYPE, NN_FLOAT32);
    return nn_check_bias_s16(node, BIAS, bias_type, p->outputs, &params->has_32_bit_bias) &&
           prepare_scales(node, params, &filter) &&
           nn_activation_range_s16(node, activation, &p->min, &p->max);
}

static void invoke(const nn_node *node) {
    const fully_connected_params *p = node->params;
    nn_fully_connected_s16(&p->kernel, p->scales, nn_input_data(node, INPUT),
                           nn_input_data(node, FILTER), nn_bias_s16(node, BIAS, p->has_32_bit_bias),
                           nn_output_data(node, 0));
}

const nn_op nn_op_fully_connected_s16 = {
    .name = "FULLY_CONNECTED",
    .code = BUILTIN_FULLY_CONNECTED,
    .options_type = OPTIONS_FULLY_CONNECTED,
    .may_lack = true,
    .is_int16 = true,
    .takes_int4 = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
