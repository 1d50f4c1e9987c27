/* LOGISTIC and TANH: int8. LiteRT's reference kernels have no fixed-point version of them: they
 * tabulate the function in single precision when they are prepared, and so do these. */
#include <math.h>

#include "fixed_point.h"
#include "op.h"
#include "ops/lookup.h"
#include "ops/ops.h"
#include "schema.h"

static float logistic(float x) {
    return 1.0f / (1.0f + expf(-x));
}

/* LUTPopulateInt8 of tflite/kernels/internal/common.h. */
static void tabulate(nn_lookup_params *p, const nn_tensor *input, const nn_tensor *output,
                     float (*function)(float)) {
    float inverse_scale = 1.0f / output->scale;
    for (int32_t value = INT8_MIN; value <= INT8_MAX; value++) {
        float real = input->scale * (float)(value - input->zero_point);
        float scaled = roundf(function(real) * inverse_scale) + (float)output->zero_point;
        nn_set_result(p, value, nn_truncated(scaled));
    }
}

static bool prepare_logistic(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    if (!nn_prepare_lookup(node, &input, &output)) {
        return false;
    }
    if (output.tensor.scale != 1.0f / 256) {
        return nn_fail(node, "output must have scale 1/256");
    }
    tabulate(node->params, &input.tensor, &output.tensor, logistic);
    return true;
}

static bool prepare_tanh(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    bool prepared = nn_prepare_lookup(node, &input, &output);
    if (prepared) {
        tabulate(node->params, &input.tensor, &output.tensor, tanhf);
    }
    return prepared;
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
