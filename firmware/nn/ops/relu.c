/* RELU, RELU6 and RELU_N1_TO_1: int8 or uint8, with rescaling. */
#include "op.h"
#include "ops/arithmetic.h"
#include "ops/ops.h"
#include "ops/unary.h"
#include "quantization.h"
#include "schema.h"

typedef struct {
    int32_t count;
    nn_requantize_params kernel;
} relu_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(relu_params);
}

static bool prepare(nn_node *node, uint8_t activation) {
    nn_model_tensor input;
    nn_model_tensor output;
    relu_params *p = node->params;
    if (!nn_check_unary(node, &input, &output)) {
        return false;
    }
    if (!nn_is_8_bit(input.tensor.type) || output.tensor.type != input.tensor.type) {
        return nn_fail(node, "types are not supported");
    }
    if (NN_RELU6_KEEPS_QUANTIZATION && activation == ACTIVATION_RELU6) {
        output = input;
    }
    p->count = nn_count(&output.tensor, 0, output.tensor.rank);
    nn_real real = nn_product_scale(input.tensor.scale, 1.0f, output.tensor.scale);
    return nn_prepare_requantize(node, &p->kernel, &input, &output, (double)real) &&
           nn_activation_range(node, activation, &output.tensor, &p->kernel.min, &p->kernel.max);
}

static bool prepare_relu(nn_node *node) {
    return prepare(node, ACTIVATION_RELU);
}

static bool prepare_relu6(nn_node *node) {
    return prepare(node, ACTIVATION_RELU6);
}

static bool prepare_relu_n1_to_1(nn_node *node) {
    return prepare(node, ACTIVATION_RELU_N1_TO_1);
}

static void invoke(const nn_node *node) {
    const relu_params *p = node->params;
    nn_requantize(&p->kernel, nn_input_data(node, 0), nn_output_data(node, 0), p->count);
}

const nn_op nn_op_relu = {
    .name = "RELU",
    .code = BUILTIN_RELU,
    .options_type = OPTIONS_NONE,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare_relu,
    .invoke = invoke,
};

const nn_op nn_op_relu6 = {
    .name = "RELU6",
    .code = BUILTIN_RELU6,
    .options_type = OPTIONS_NONE,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare_relu6,
    .invoke = invoke,
};

const nn_op nn_op_relu_n1_to_1 = {
    .name = "RELU_N1_TO_1",
    .code = BUILTIN_RELU_N1_TO_1,
    .options_type = OPTIONS_NONE,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare_relu_n1_to_1,
    .invoke = invoke,
};
