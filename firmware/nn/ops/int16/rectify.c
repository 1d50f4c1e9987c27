/* RELU, RELU6 and LEAKY_RELU of int16, with rescaling. */
#include <float.h>
#include <math.h>

#include "ops/arithmetic.h"
#include "ops/int16/int16.h"
#include "ops/ops.h"
#include "ops/unary.h"
#include "quantization.h"
#include "schema.h"

typedef struct {
    int32_t count;
    nn_rectify_s16_params kernel;
} rectify_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(rectify_params);
}

static bool prepare_factor(nn_node *node, nn_real real, int32_t *multiplier, int32_t *shift) {
    bool in_range = real <= FLT_MAX && nn_quantize_multiplier((double)real, multiplier, shift);
    return in_range || nn_fail(node, "output scale is too small for the input, or alpha too large");
}

/* slope: of what is negative. */
static bool prepare(nn_node *node, float slope, uint8_t activation) {
    nn_model_tensor input;
    nn_model_tensor output;
    rectify_params *params = node->params;
    nn_rectify_s16_params *p = &params->kernel;
    if (!nn_check_unary(node, &input, &output) || !nn_check_int16(node, 1)) {
        return false;
    }
    params->count = nn_count(&output.tensor, 0, output.tensor.rank);
    p->changes_sign = slope < 0.0f;
    float from = input.tensor.scale;
    float to = output.tensor.scale;
    return prepare_factor(node, nn_product_scale(from, 1.0f, to), &p->multiplier, &p->shift) &&
           prepare_factor(node, nn_product_scale(from, fabsf(slope), to), &p->negative_multiplier,
                          &p->negative_shift) &&
           nn_activation_range_s16(node, activation, &p->min, &p->max);
}

static bool prepare_relu(nn_node *node) {
    return prepare(node, 1.0f, ACTIVATION_RELU);
}

static bool prepare_relu6(nn_node *node) {
    return prepare(node, 1.0f, ACTIVATION_RELU6);
}

static bool prepare_leaky_relu(nn_node *node) {
    return prepare(node, nn_option_float(node, LEAKY_RELU_ALPHA, 0.0f), ACTIVATION_NONE);
}

static void invoke(const nn_node *node) {
    const rectify_params *p = node->params;
    nn_rectify_s16(&p->kernel, nn_input_data(node, 0), nn_output_data(node, 0), p->count);
}

const nn_op nn_op_relu_s16 = {
    .name = "RELU",
    .code = BUILTIN_RELU,
    .options_type = OPTIONS_NONE,
    .is_int16 = true,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare_relu,
    .invoke = invoke,
};

const nn_op nn_op_relu6_s16 = {
    .name = "RELU6",
    .code = BUILTIN_RELU6,
    .options_type = OPTIONS_NONE,
    .is_int16 = true,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare_relu6,
    .invoke = invoke,
};

const nn_op nn_op_leaky_relu_s16 = {
    .name = "LEAKY_RELU",
    .code = BUILTIN_LEAKY_RELU,
    .options_type = OPTIONS_LEAKY_RELU,
    .is_int16 = true,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare_leaky_relu,
    .invoke = invoke,
};
