/* SVDF: int8, with weights over time and a state of int16. */
#include "ops/svdf.h"

#include "ops/arithmetic.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

/* The most products of two differences of 8-bit values that surely fit in 32 bits. */
enum { MAX_DEPTH = 33025 };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_svdf_params);
}

static bool check_types(nn_node *node) {
    nn_tensor bias = nn_node_input(node, SVDF_BIAS).tensor;
    bool right = nn_node_input(node, SVDF_INPUT).tensor.type == NN_INT8 &&
                 nn_node_input(node, SVDF_FEATURES).tensor.type == NN_INT8 &&
                 nn_node_input(node, SVDF_TIME).tensor.type == NN_INT16 &&
                 nn_node_input(node, SVDF_STATE).tensor.type == NN_INT16 &&
                 (bias.bytes == 0 || bias.type == NN_INT32) &&
                 nn_node_output(node, 0).tensor.type == NN_INT8;
    return right || nn_fail(node, "types are not supported");
}

static bool is_symmetric(const nn_node *node, uint32_t i) {
    nn_model_tensor read = nn_node_input(node, i);
    return read.scales.count == 1 && nn_is_positive(read.tensor.scale) &&
           nn_is_symmetric(node, &read);
}

static bool prepare_scales(nn_node *node, nn_svdf_params *p, float input, float output) {
    float features = nn_node_input(node, SVDF_FEATURES).tensor.scale;
    float time = nn_node_input(node, SVDF_TIME).tensor.scale;
    float state = nn_node_input(node, SVDF_STATE).tensor.scale;
    double to_state = nn_svdf_scale(input, features, state);
    double to_output = nn_svdf_scale(state, time, output);
    bool in_range = nn_is_positive((float)to_state) && nn_is_positive((float)to_output) &&
                    nn_quantize_multiplier(to_state, &p->feature_multiplier, &p->feature_shift) &&
                    nn_quantize_multiplier(to_output, &p->time_multiplier, &p->time_shift);
    return in_range || nn_fail(node, "scales are out of range");
}

static bool prepare(nn_node *node) {
    nn_svdf_params *p = node->params;
    nn_model_tensor input = nn_node_input(node, SVDF_INPUT);
    nn_model_tensor output = nn_node_output(node, 0);
    if (!nn_check_svdf(node, &p->shape) || !check_types(node)) {
        return false;
    }
    if (nn_option_u8(node, SVDF_ACTIVATION, ACTIVATION_NONE) != ACTIVATION_RELU) {
        return nn_fail(node, "an activation other than RELU is not supported");
    }
    if (p->shape.inputs > MAX_DEPTH) {
        return nn_fail(node, "weights are too large");
    }
    if (!nn_is_quantized(&input) || !nn_is_quantized(&output) ||
        !is_symmetric(node, SVDF_FEATURES) || !is_symmetric(node, SVDF_TIME) ||
        !is_symmetric(node, SVDF_STATE)) {
        return nn_fail(node, "input, weights, state or output has no valid quantization");
    }
    p->input_offset = -input.tensor.zero_point;
    p->output_offset = output.tensor.zero_point;
    return prepare_scales(node, p, input.tensor.scale, output.tensor.scale);
}

static void invoke(const nn_node *node) {
    nn_svdf_s8(node->params, nn_input_data(node, SVDF_FEATURES), nn_input_data(node, SVDF_TIME),
               nn_input_data(node, SVDF_BIAS), nn_input_data(node, SVDF_INPUT),
               nn_variable_data(node, SVDF_STATE), nn_output_data(node, 0));
}

const nn_op nn_op_svdf = {
    .name = "SVDF",
    .code = BUILTIN_SVDF,
    .options_type = OPTIONS_SVDF,
    .may_lack = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
