/* ABS, NEG, RSQRT, SQRT and SQUARE of float32. */
#include <math.h>

#include "ops/float/map.h"
#include "ops/ops.h"
#include "schema.h"

static void invoke_abs(const nn_node *node) {
    nn_map(node, fabsf);
}

static float negative(float x) {
    return -x;
}

static void invoke_neg(const nn_node *node) {
    nn_map(node, negative);
}

static float inverse_root(float x) {
    return 1.0f / sqrtf(x);
}

static void invoke_rsqrt(const nn_node *node) {
    nn_map(node, inverse_root);
}

static void invoke_sqrt(const nn_node *node) {
    nn_map(node, sqrtf);
}

static float square(float x) {
    return x * x;
}

static void invoke_square(const nn_node *node) {
    nn_map(node, square);
}

const nn_op nn_op_abs_f32 = {
    .name = "ABS",
    .code = BUILTIN_ABS,
    .options_type = OPTIONS_ABS,
    .is_float = true,
    .in_place = 1,
    .params_size = nn_map_size,
    .prepare = nn_prepare_map,
    .invoke = invoke_abs,
};

const nn_op nn_op_neg_f32 = {
    .name = "NEG",
    .code = BUILTIN_NEG,
    .options_type = OPTIONS_NEG,
    .is_float = true,
    .in_place = 1,
    .params_size = nn_map_size,
    .prepare = nn_prepare_map,
    .invoke = invoke_neg,
};

const nn_op nn_op_rsqrt_f32 = {
    .name = "RSQRT",
    .code = BUILTIN_RSQRT,
    .options_type = OPTIONS_NONE,
    .is_float = true,
    .in_place = 1,
    .params_size = nn_map_size,
    .prepare = nn_prepare_map,
    .invoke = invoke_rsqrt,
};

const nn_op nn_op_sqrt_f32 = {
    .name = "SQRT",
    .code = BUILTIN_SQRT,
    .options_type = OPTIONS_NONE,
    .is_float = true,
    .in_place = 1,
    .params_size = nn_map_size,
    .prepare = nn_prepare_map,
    .invoke = invoke_sqrt,
};

const nn_op nn_op_square = {
    .name = "SQUARE",
    .code = BUILTIN_SQUARE,
    .options_type = OPTIONS_SQUARE,
    .in_place = 1,
    .params_size = nn_map_size,
    .prepare = nn_prepare_map,
    .invoke = invoke_square,
};
