/* RELU, RELU6, RELU_N1_TO_1 and LOGISTIC of float32. */
#include "ops/unary.h"

#include "ops/float/float.h"
#include "ops/ops.h"
#include "schema.h"

typedef struct {
    int32_t count;
    nn_range_f32 range;
} relu_params;

static uint32_t relu_params_size(const nn_node *node) {
    (void)node;
    return sizeof(relu_params);
}

static bool prepare_clamp(nn_node *node, uint8_t activation) {
    nn_model_tensor input;
    nn_model_tensor output;
    relu_params *p = node->params;
    if (!nn_check_unary(node, &input, &output) || !nn_check_float(node, 1)) {
        return false;
    }
    p->count = nn_count(&output.tensor, 0, output.tensor.rank);
    return nn_activation_range_f32(node, activation, &p->range);
}

static bool prepare_relu(nn_node *node) {
    return prepare_clamp(node, ACTIVATION_RELU);
}

static bool prepare_relu6(nn_node *node) {
    return prepare_clamp(node, ACTIVATION_RELU6);
}

static bool prepare_relu_n1_to_1(nn_node *node) {
    return prepare_clamp(node, ACTIVATION_RELU_N1_TO_1);
}

static void invoke_clamp(const nn_node *node) {
    const relu_params *p = node->params;
    nn_clamp_all_f32(p->range, nn_input_data(node, 0), nn_output_data(node, 0), p->count);
}

typedef struct {
    int32_t count;
} logistic_params;

static uint32_t logistic_params_size(const nn_node *node) {
    (void)node;
    return sizeof(logistic_params);
}

static bool prepare_logistic(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    logistic_params *p = node->params;
    if (!nn_check_unary(node, &input, &output) || !nn_check_float(node, 1)) {
        return false;
    }
    p->count = nn_count(&output.tensor, 0, output.tensor.rank);
    return true;
}

static void invoke_logistic(const nn_node *node) {
    const logistic_params *p = node->params;
    nn_logistic_f32(nn_input_data(node, 0), nn_output_data(node, 0), p->count);
}

const nn_op nn_op_relu_f32 = {
    .name = "RELU",
    .code = BUILTIN_RELU,
    .options_type = OPTIONS_NONE,
    .is_float = true,
    .in_place = 1,
    .params_size = relu_params_size,
    .prepare = prepare_relu,
    .invoke = invoke_clamp,
};

const nn_op nn_op_relu6_f32 = {
    .name = "RELU6",
    .code = BUILTIN_RELU6,
    .options_type = OPTIONS_NONE,
    .is_float = true,
    .in_place = 1,
    .params_size = relu_params_size,
    .prepare = prepare_relu6,
    .invoke = invoke_clamp,
};

const nn_op nn_op_relu_n1_to_1_f32 = {
    .name = "RELU_N1_TO_1",
    .code = BUILTIN_RELU_N1_TO_1,
    .options_type = OPTIONS_NONE,
    .is_float = true,
    .in_place = 1,
    .params_size = relu_params_size,
    .prepare = prepare_relu_n1_to_1,
    .invoke = invoke_clamp,
};

const nn_op nn_op_logistic_f32 = {
    .name = "LOGISTIC",
    .code = BUILTIN_LOGISTIC,
    .options_type = OPTIONS_NONE,
    .is_float = true,
    .in_place = 1,
    .params_size = logistic_params_size,
    .prepare = prepare_logistic,
    .invoke = invoke_logistic,
};
