/* LOGISTIC and TANH: int8 or uint8. LiteRT's reference kernels have no fixed-point version of them:
 * they tabulate the function in single precision when they are prepared, and so do these. */
#include <math.h>

#include "op.h"
#include "ops/lookup.h"
#include "ops/ops.h"
#include "schema.h"

static float logistic(float x) {
    return 1.0f / (1.0f + expf(-x));
}

static bool prepare_logistic(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    if (!nn_prepare_lookup(node, true, &input, &output)) {
        return false;
    }
    if (output.tensor.scale != 1.0f / 256) {
        return nn_fail(node, "output must have scale 1/256");
    }
    nn_tabulate(node->params, &input.tensor, &output.tensor, logistic);
    return true;
}

static bool prepare_tanh(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    bool prepared = nn_prepare_lookup(node, true, &input, &output);
    if (prepared) {
        nn_tabulate(node->params, &input.tensor, &output.tensor, tanhf);
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
