/* FLOOR, HARD_SWISH and LEAKY_RELU of float32. */
#include <math.h>

#include "kernels/float.h"
#include "ops/float/map.h"
#include "ops/ops.h"
#include "schema.h"

static void invoke_floor(const nn_node *node) {
    nn_map(node, floorf);
}

static float hard_swish(float x) {
    return x * nn_clamp_f32(x + 3.0f, (nn_range_f32){0.0f, 6.0f}) / 6.0f;
}

static void invoke_hard_swish(const nn_node *node) {
    nn_map(node, hard_swish);
}

typedef struct {
    int32_t count;
    float alpha;
} leaky_relu_params;

static uint32_t leaky_relu_params_size(const nn_node *node) {
    (void)node;
    return sizeof(leaky_relu_params);
}

static bool prepare_leaky_relu(nn_node *node) {
    leaky_relu_params *p = node->params;
    p->alpha = nn_option_float(node, LEAKY_RELU_ALPHA, 0.0f);
    return nn_prepare_map(node);
}

static void invoke_leaky_relu(const nn_node *node) {
    const leaky_relu_params *p = node->params;
    nn_leaky_relu_f32(p->alpha, nn_input_data(node, 0), nn_output_data(node, 0), p->count);
}

const nn_op nn_op_floor = {
    .name = "FLOOR",
    .code = BUILTIN_FLOOR,
    .options_type = OPTIONS_NONE,
    .in_place = 1,
    .params_size = nn_map_size,
    .prepare = nn_prepare_map,
    .invoke = invoke_floor,
};

const nn_op nn_op_hard_swish_f32 = {
    .name = "HARD_SWISH",
    .code = BUILTIN_HARD_SWISH,
    .options_type = OPTIONS_HARD_SWISH,
    .is_float = true,
    .in_place = 1,
    .params_size = nn_map_size,
    .prepare = nn_prepare_map,
    .invoke = invoke_hard_swish,
};

const nn_op nn_op_leaky_relu_f32 = {
    .name = "LEAKY_RELU",
    .code = BUILTIN_LEAKY_RELU,
    .options_type = OPTIONS_LEAKY_RELU,
    .is_float = true,
    .in_place = 1,
    .params_size = leaky_relu_params_size,
    .prepare = prepare_leaky_relu,
    .invoke = invoke_leaky_relu,
};
