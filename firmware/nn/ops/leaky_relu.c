/* LEAKY_RELU: int8 or uint8, with rescaling. */
#include <float.h>
#include <math.h>

#include "fixed_point.h"
#include "op.h"
#include "ops/arithmetic.h"
#include "ops/lookup.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

typedef struct {
    int32_t multiplier; /* see nn_multiply() */
    int32_t shift;
} factor;

static bool prepare_factor(nn_node *node, factor *f, nn_real real) {
    bool in_range =
        real <= FLT_MAX && nn_quantize_multiplier((double)real, &f->multiplier, &f->shift);
    return in_range || nn_fail(node, "output scale is too small for the input, or alpha too large");
}

/* QuantizeLeakyRelu of tflite's reference/leaky_relu.h, with a negative alpha's sign apart. */
static void tabulate(nn_lookup_params *p, const nn_tensor *input, const nn_tensor *output,
                     const factor *identity, const factor *slope, bool is_negative) {
    for (int32_t value = nn_lowest(input->type); value <= nn_highest(input->type); value++) {
        int32_t difference = value - input->zero_point;
        const factor *f = difference >= 0 ? identity : slope;
        int32_t result = nn_multiply(difference, f->multiplier, f->shift);
        result = difference < 0 && is_negative ? nn_wrapping_negate(result) : result;
        nn_set_result(p, output, value, nn_wrapping_add(result, output->zero_point));
    }
}

static bool prepare(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    factor identity;
    factor slope;
    if (!nn_prepare_lookup(node, true, &input, &output)) {
        return false;
    }
    float alpha = nn_option_float(node, LEAKY_RELU_ALPHA, 0.0f);
    float output_scale = output.tensor.scale;
    if (!prepare_factor(node, &identity,
                        nn_product_scale(input.tensor.scale, 1.0f, output_scale)) ||
        !prepare_factor(node, &slope,
                        nn_product_scale(input.tensor.scale, fabsf(alpha), output_scale))) {
        return false;
    }
    tabulate(node->params, &input.tensor, &output.tensor, &identity, &slope, alpha < 0.0f);
    return true;
}

const nn_op nn_op_leaky_relu = {
    .name = "LEAKY_RELU",
    .code = BUILTIN_LEAKY_RELU,
    .options_type = OPTIONS_LEAKY_RELU,
    .in_place = 1,
    .params_size = nn_lookup_size,
    .prepare = prepare,
    .invoke = nn_invoke_lookup,
};
