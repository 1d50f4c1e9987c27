/* COS, SIN and TANH of float32. */
#include <math.h>

#include "ops/float/map.h"
#include "ops/ops.h"
#include "schema.h"

static void invoke_cos(const nn_node *node) {
    nn_map(node, cosf);
}

static void invoke_sin(const nn_node *node) {
    nn_map(node, sinf);
}

static void invoke_tanh(const nn_node *node) {
    nn_map(node, tanhf);
}

const nn_op nn_op_cos = {
    .name = "COS",
    .code = BUILTIN_COS,
    .options_type = OPTIONS_COS,
    .in_place = 1,
    .params_size = nn_map_size,
    .prepare = nn_prepare_map,
    .invoke = invoke_cos,
};

const nn_op nn_op_sin = {
    .name = "SIN",
    .code = BUILTIN_SIN,
    .options_type = OPTIONS_NONE,
    .in_place = 1,
    .params_size = nn_map_size,
    .prepare = nn_prepare_map,
    .invoke = invoke_sin,
};

const nn_op nn_op_tanh_f32 = {
    .name = "TANH",
    .code = BUILTIN_TANH,
    .options_type = OPTIONS_NONE,
    .is_float = true,
    .in_place = 1,
    .params_size = nn_map_size,
    .prepare = nn_prepare_map,
    .invoke = invoke_tanh,
};
