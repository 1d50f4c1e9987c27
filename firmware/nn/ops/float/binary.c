/* ADD, DIV, MAXIMUM, MINIMUM, MUL, POW, PRELU, SQUARED_DIFFERENCE and SUB of float32, with
 * broadcasting. */
#include <math.h>
#include <stddef.h>

#include "ops/broadcast.h"
#include "ops/float/float.h"
#include "ops/ops.h"
#include "schema.h"

typedef struct {
    nn_range_f32 range;
    nn_broadcast broadcast;
} binary_params;

static uint32_t params_size(const nn_node *node) {
    return (uint32_t)offsetof(binary_params, broadcast) + nn_broadcast_size(node);
}

static bool prepare_shapes(nn_node *node) {
    nn_tensor a = nn_node_input(node, 0).tensor;
    nn_tensor b = nn_node_input(node, 1).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    binary_params *p = node->params;
    return nn_check_float(node, 2) &&
           nn_prepare_broadcast_shape(node, &p->broadcast, &a, &b, &output);
}

/* The activation has the same slot in all ops that have one. */
static bool prepare(nn_node *node) {
    binary_params *p = node->params;
    uint8_t activation = nn_option_u8(node, ADD_ACTIVATION, ACTIVATION_NONE);
    return prepare_shapes(node) && nn_activation_range_f32(node, activation, &p->range);
}

static bool prepare_without_activation(nn_node *node) {
    binary_params *p = node->params;
    p->range = (nn_range_f32){-INFINITY, INFINITY};
    return prepare_shapes(node);
}

static bool prepare_prelu(nn_node *node) {
    nn_tensor input = nn_node_input(node, 0).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    return nn_same_shape(&input, &output) ? prepare_without_activation(node)
                                          : nn_fail(node, "output has an unexpected shape");
}

static void invoke(const nn_node *node, nn_binary_f32 *kernel) {
    const binary_params *p = node->params;
    const nn_broadcast *broadcast = &p->broadcast;
    const float *a = nn_input_data(node, 0);
    const float *b = nn_input_data(node, 1);
    float *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < broadcast->runs; i++) {
        kernel(p->range, a + nn_run_start(broadcast, &broadcast->a, i), broadcast->a_step,
               b + nn_run_start(broadcast, &broadcast->b, i), broadcast->b_step, output,
               broadcast->count);
        output += broadcast->count;
    }
}

static void invoke_add(const nn_node *node) {
    invoke(node, nn_add_f32);
}

static void invoke_sub(const nn_node *node) {
    invoke(node, nn_sub_f32);
}

static void invoke_mul(const nn_node *node) {
    invoke(node, nn_mul_f32);
}

static void invoke_div(const nn_node *node) {
    invoke(node, nn_div_f32);
}

static void invoke_maximum(const nn_node *node) {
    invoke(node, nn_maximum_f32);
}

static void invoke_minimum(const nn_node *node) {
    invoke(node, nn_minimum_f32);
}

static void invoke_pow(const nn_node *node) {
    invoke(node, nn_pow_f32);
}

static void invoke_prelu(const nn_node *node) {
    invoke(node, nn_prelu_f32);
}

static void invoke_squared_difference(const nn_node *node) {
    invoke(node, nn_squared_difference_f32);
}

const nn_op nn_op_add_f32 = {
    .name = "ADD",
    .code = BUILTIN_ADD,
    .options_type = OPTIONS_ADD,
    .is_float = true,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_add,
};

const nn_op nn_op_sub_f32 = {
    .name = "SUB",
    .code = BUILTIN_SUB,
    .options_type = OPTIONS_SUB,
    .is_float = true,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_sub,
};

const nn_op nn_op_mul_f32 = {
    .name = "MUL",
    .code = BUILTIN_MUL,
    .options_type = OPTIONS_MUL,
    .is_float = true,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_mul,
};

const nn_op nn_op_squared_difference_f32 = {
    .name = "SQUARED_DIFFERENCE",
    .code = BUILTIN_SQUARED_DIFFERENCE,
    .options_type = OPTIONS_SQUARED_DIFFERENCE,
    .is_float = true,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare_without_activation,
    .invoke = invoke_squared_difference,
};

const nn_op nn_op_div_f32 = {
    .name = "DIV",
    .code = BUILTIN_DIV,
    .options_type = OPTIONS_DIV,
    .is_float = true,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_div,
};

const nn_op nn_op_maximum_f32 = {
    .name = "MAXIMUM",
    .code = BUILTIN_MAXIMUM,
    .options_type = OPTIONS_MAXIMUM_MINIMUM,
    .is_float = true,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare_without_activation,
    .invoke = invoke_maximum,
};

const nn_op nn_op_minimum_f32 = {
    .name = "MINIMUM",
    .code = BUILTIN_MINIMUM,
    .options_type = OPTIONS_MAXIMUM_MINIMUM,
    .is_float = true,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare_without_activation,
    .invoke = invoke_minimum,
};

const nn_op nn_op_pow = {
    .name = "POW",
    .code = BUILTIN_POW,
    .options_type = OPTIONS_POW,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare_without_activation,
    .invoke = invoke_pow,
};

const nn_op nn_op_prelu_f32 = {
    .name = "PRELU",
    .code = BUILTIN_PRELU,
    .options_type = OPTIONS_NONE,
    .is_float = true,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare_prelu,
    .invoke = invoke_prelu,
};
