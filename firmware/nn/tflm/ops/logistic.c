/* LOGISTIC and TANH: int8, in fixed point, for each of the 256 inputs once: as Logistic and Tanh of
 * tflite/kernels/internal/reference/integer_ops, and as tflite/micro/kernels prepares them. Like
 * those they take the output's quantization for what the converter gives it. */
#include "fixed_point.h"
#include "op.h"
#include "ops/lookup.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

/* Inputs are rescaled to Q4.27. */
enum { INTEGER_BITS = 4, FRACTIONAL_BITS = 31 - INTEGER_BITS };

/* A function of a Q4.27, as int8. */
typedef int32_t function(int32_t x);

/* 1 / (1 + exp(-|x|)), Q0.31, for an x of so many integer bits. */
static int32_t logistic_of_magnitude(int32_t x, int32_t integer_bits) {
    return nn_one_over_one_plus_x(nn_exp_on_negative_values(x < 0 ? x : -x, integer_bits));
}

static int32_t logistic(int32_t x) {
    int32_t result = logistic_of_magnitude(x, INTEGER_BITS);
    if (x <= 0) {
        result = x < 0 ? INT32_MAX - result : 1 << 30;
    }
    return nn_rounding_shift_right(result, 31 - 8) + INT8_MIN;
}

/* Twice the logistic function of 2x, less 1. Q4.27 for x is Q5.26 for 2x. */
static int32_t hyperbolic_tangent(int32_t x) {
    int32_t result = 2 * (logistic_of_magnitude(x, INTEGER_BITS + 1) - (1 << 30));
    if (x <= 0) {
        result = x < 0 ? -result : 0;
    }
    return nn_rounding_shift_right(result, 31 - 7);
}

static bool tabulate(nn_node *node, const nn_tensor *input, const nn_tensor *output, function *of) {
    double real = (double)input->scale * (1 << FRACTIONAL_BITS);
    int32_t multiplier;
    int32_t shift;
    bool in_range = nn_quantize_multiplier(real, &multiplier, &shift);
    if (real < 0.5) {
        return nn_fail(node, "input scale is too small");
    }
    /* From here on the result is the least or the most there is: CalculateInputRadius. */
    int32_t radius = in_range ? (((1 << INTEGER_BITS) - 1) << FRACTIONAL_BITS) >> shift : 0;
    for (int32_t value = INT8_MIN; value <= INT8_MAX; value++) {
        int32_t x = value - input->zero_point;
        int32_t result = x <= -radius ? INT8_MIN : INT8_MAX;
        if (x > -radius && x < radius) {
            result = of(nn_multiply(x, multiplier, shift));
        }
        nn_set_result(node->params, output, value, result);
    }
    return true;
}

static bool prepare_logistic(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    if (!nn_prepare_lookup(node, false, &input, &output)) {
        return false;
    }
    if (output.tensor.zero_point != INT8_MIN) {
        return nn_fail(node, "output must have zero point -128");
    }
    return tabulate(node, &input.tensor, &output.tensor, logistic);
}

static bool prepare_tanh(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    return nn_prepare_lookup(node, false, &input, &output) &&
           tabulate(node, &input.tensor, &output.tensor, hyperbolic_tangent);
}

const nn_op nn_op_logistic = {
    .name = "LOGISTIC",
    .code = BUILTIN_LOGISTIC,
    .options_type = OPTIONS_NONE,
    .in_place = 1,
    .params_size = nn_lookup_size,
    .prepare = prepare_logistic,
    .invoke = nn_invoke_lookup,
};

const nn_op nn_op_tanh = {
    .name = "TANH",
    .code = BUILTIN_TANH,
    .options_type = OPTIONS_NONE,
    .in_place = 1,
    .params_size = nn_lookup_size,
    .prepare = prepare_tanh,
    .invoke = nn_invoke_lookup,
};
