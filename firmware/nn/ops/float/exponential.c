/* ELU, EXP, GELU and LOG of float32. */
#include <math.h>

#include "kernels/functions.h"
#include "ops/float/map.h"
#include "ops/ops.h"
#include "schema.h"

static float elu(float x) {
    return x < 0.0f ? expm1f(x) : x;
}

static void invoke_elu(const nn_node *node) {
    nn_map(node, elu);
}

static void invoke_exp(const nn_node *node) {
    nn_map(node, expf);
}

typedef struct {
    int32_t count;
    int32_t approximate;
} gelu_params;

static uint32_t gelu_params_size(const nn_node *node) {
    (void)node;
    return sizeof(gelu_params);
}

static bool prepare_gelu(nn_node *node) {
    gelu_params *p = node->params;
    p->approximate = nn_option_u8(node, GELU_APPROXIMATE, 0);
    return nn_prepare_map(node);
}

static void invoke_gelu(const nn_node *node) {
    const gelu_params *p = node->params;
    nn_map(node, p->approximate != 0 ? nn_gelu_approximate : nn_gelu);
}

static void invoke_log(const nn_node *node) {
    nn_map(node, logf);
}

const nn_op nn_op_elu_f32 = {
    .name = "ELU",
    .code = BUILTIN_ELU,
    .options_type = OPTIONS_NONE,
    .is_float = true,
    .in_place = 1,
    .params_size = nn_map_size,
    .prepare = nn_prepare_map,
    .invoke = invoke_elu,
};

const nn_op nn_op_exp_f32 = {
    .name = "EXP",
    .code = BUILTIN_EXP,
    .options_type = OPTIONS_EXP,
    .is_float = true,
    .in_place = 1,
    .params_size = nn_map_size,
    .prepare = nn_prepare_map,
    .invoke = invoke_exp,
};

const nn_op nn_op_gelu_f32 = {
    .name = "GELU",
    .code = BUILTIN_GELU,
    .options_type = OPTIONS_GELU,
    .is_float = true,
    .in_place = 1,
    .params_size = gelu_params_size,
    .prepare = prepare_gelu,
    .invoke = invoke_gelu,
};

const nn_op nn_op_log_f32 = {
    .name = "LOG",
    .code = BUILTIN_LOG,
    .options_type = OPTIONS_NONE,
    .is_float = true,
    .in_place = 1,
    .params_size = nn_map_size,
    .prepare = nn_prepare_map,
    .invoke = invoke_log,
};
