/* LOGISTIC and TANH of int16. */
#include <math.h>

#include "ops/int16/int16.h"
#include "ops/ops.h"
#include "ops/unary.h"
#include "schema.h"

/* Where the kernel's product with an int16 still fits in 32 bits. */
enum { MAX_MULTIPLIER = 65535 };

typedef struct {
    int32_t count;
    nn_sigmoid_s16_params kernel;
} sigmoid_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(sigmoid_params);
}

/* CheckedLog2 of tflite/kernels/kernel_util.cc: whether a number is nearly a power of two. */
static bool is_power_of_two(float x, int32_t *exponent) {
    float exact = logf(x) * (1.0f / logf(2.0f));
    float rounded = roundf(exact);
    *exponent = (int32_t)rounded;
    return fabsf(exact - rounded) < 1e-3f;
}

/* As TanhPrepare and SigmoidPrepare of tflite/kernels/activations.cc. most: the largest shift of a
 * scale that is a power of two. */
static bool prepare_scale(nn_node *node, nn_sigmoid_s16_params *p, float scale, int32_t most) {
    int32_t exponent;
    bool is_power = is_power_of_two(scale, &exponent);
    int32_t left = 12 + exponent;
    p->shift = 0;
    if (is_power && left >= 0 && left <= most) {
        p->multiplier = 3 << left;
        return true;
    }
    double multiplier = (double)scale * 4096.0 * 3.0;
    while (multiplier <= 32767.0 / 2.0 && p->shift <= 30) {
        p->shift++;
        multiplier *= 2.0;
    }
    if (multiplier > (double)MAX_MULTIPLIER || multiplier < 1.0) {
        return nn_fail(node, "input scale is out of range");
    }
    p->multiplier = (int32_t)multiplier;
    return true;
}

static bool prepare(nn_node *node, int32_t most) {
    nn_model_tensor input;
    nn_model_tensor output;
    sigmoid_params *p = node->params;
    if (!nn_check_unary(node, &input, &output) || !nn_check_int16(node, 1)) {
        return false;
    }
    if (output.tensor.scale != 1.0f / 32768) {
        return nn_fail(node, "output must have scale 1/32768");
    }
    p->count = nn_count(&output.tensor, 0, output.tensor.rank);
    return prepare_scale(node, &p->kernel, input.tensor.scale, most);
}

static bool prepare_logistic(nn_node *node) {
    return prepare(node, 0);
}

static bool prepare_tanh(nn_node *node) {
    return prepare(node, 1);
}

static void invoke_logistic(const nn_node *node) {
    const sigmoid_params *p = node->params;
    nn_interpolated_logistic_s16(&p->kernel, nn_input_data(node, 0), nn_output_data(node, 0),
                                 p->count);
}

static void invoke_tanh(const nn_node *node) {
    const sigmoid_params *p = node->params;
    nn_interpolated_tanh_s16(&p->kernel, nn_input_data(node, 0), nn_output_data(node, 0), p->count);
}

const nn_op nn_op_logistic_s16 = {
    .name = "LOGISTIC",
    .code = BUILTIN_LOGISTIC,
    .options_type = OPTIONS_NONE,
    .is_int16 = true,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare_logistic,
    .invoke = invoke_logistic,
};

const nn_op nn_op_tanh_s16 = {
    .name = "TANH",
    .code = BUILTIN_TANH,
    .options_type = OPTIONS_NONE,
    .is_int16 = true,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare_tanh,
    .invoke = invoke_tanh,
};
