/* ELU, EXP, GELU and LOG: int8, GELU uint8 too. As LiteRT they tabulate the function in single
 * precision. */
#include <math.h>

#include "kernels/functions.h"
#include "op.h"
#include "ops/arithmetic.h"
#include "ops/lookup.h"
#include "ops/ops.h"
#include "schema.h"

static bool prepare(nn_node *node, bool has_uint8, float (*function)(float)) {
    nn_model_tensor input;
    nn_model_tensor output;
    bool prepared = nn_prepare_lookup(node, has_uint8, &input, &output);
    if (prepared) {
        nn_tabulate(node->params, &input.tensor, &output.tensor, function);
    }
    return prepared;
}

static float elu(float x) {
    return x < 0.0f ? nn_elu_below_0(x) : x;
}

static bool prepare_elu(nn_node *node) {
    return prepare(node, false, elu);
}

static bool prepare_exp(nn_node *node) {
    return prepare(node, false, expf);
}

static bool prepare_gelu(nn_node *node) {
    bool approximate = nn_option_u8(node, GELU_APPROXIMATE, 0) != 0;
    return prepare(node, true, approximate ? nn_gelu_approximate : nn_gelu);
}

/* Where there is no logarithm, LiteRT has the least that the output can say. */
static float logarithm(float x) {
    return x > 0.0f ? logf(x) : -INFINITY;
}

static bool prepare_log(nn_node *node) {
    return prepare(node, false, logarithm);
}

const nn_op nn_op_elu = {
    .name = "ELU",
    .code = BUILTIN_ELU,
    .options_type = OPTIONS_NONE,
    .in_place = 1,
    .params_size = nn_lookup_size,
    .prepare = prepare_elu,
    .invoke = nn_invoke_lookup,
};

const nn_op nn_op_exp = {
    .name = "EXP",
    .code = BUILTIN_EXP,
    .options_type = OPTIONS_EXP,
    .in_place = 1,
    .params_size = nn_lookup_size,
    .prepare = prepare_exp,
    .invoke = nn_invoke_lookup,
};

const nn_op nn_op_gelu = {
    .name = "GELU",
    .code = BUILTIN_GELU,
    .options_type = OPTIONS_GELU,
    .in_place = 1,
    .params_size = nn_lookup_size,
    .prepare = prepare_gelu,
    .invoke = nn_invoke_lookup,
};

const nn_op nn_op_log = {
    .name = "LOG",
    .code = BUILTIN_LOG,
    .options_type = OPTIONS_NONE,
    .in_place = 1,
    .params_size = nn_lookup_size,
    .prepare = prepare_log,
    .invoke = nn_invoke_lookup,
};
