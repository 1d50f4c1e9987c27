/* ADD, SUB and MUL of int16, with broadcasting. */
#include <stddef.h>

#include "ops/arithmetic.h"
#include "ops/broadcast.h"
#include "ops/int16/int16.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

typedef struct {
    union {
        nn_add_params add;
        nn_mul_params mul;
    } kernel;
    nn_broadcast broadcast;
} binary_params;

static uint32_t params_size(const nn_node *node) {
    return (uint32_t)offsetof(binary_params, broadcast) + nn_broadcast_size(node);
}

static bool prepare_tensors(nn_node *node, nn_tensor *a, nn_tensor *b, nn_tensor *output) {
    binary_params *p = node->params;
    *a = nn_node_input(node, 0).tensor;
    *b = nn_node_input(node, 1).tensor;
    *output = nn_node_output(node, 0).tensor;
    return nn_check_int16(node, 2) && nn_prepare_broadcast_shape(node, &p->broadcast, a, b, output);
}

/* As tflite/kernels/add.cc and sub.cc, which have another way for scales that are powers of two. */
static bool prepare_sum(nn_node *node) {
    nn_tensor a;
    nn_tensor b;
    nn_tensor output;
    binary_params *params = node->params;
    nn_add_params *p = &params->kernel.add;
    if (!prepare_tensors(node, &a, &b, &output)) {
        return false;
    }
    if (nn_option_u8(node, ADD_POT_SCALE_INT16, 1) != 0) {
        return nn_fail(node, "scales that are powers of two (pot_scale_int16) are not supported");
    }
    double twice_larger = (double)(2.0f * (a.scale > b.scale ? a.scale : b.scale));
    double from_output =
        twice_larger / (double)((float)(1 << NN_ADD_LEFT_SHIFT_S16) * output.scale);
    bool in_range = nn_quantize_multiplier((double)a.scale / twice_larger, &p->input[0].multiplier,
                                           &p->input[0].shift) &&
                    nn_quantize_multiplier((double)b.scale / twice_larger, &p->input[1].multiplier,
                                           &p->input[1].shift) &&
                    nn_quantize_multiplier(from_output, &p->output_multiplier, &p->output_shift);
    if (!in_range || p->output_shift > 0) {
        return nn_fail(node, "output scale is too small for the inputs");
    }
    p->output_offset = 0;
    uint8_t activation = nn_option_u8(node, ADD_ACTIVATION, ACTIVATION_NONE);
    return nn_activation_range_s16(node, activation, &p->min, &p->max);
}

static bool prepare_product(nn_node *node) {
    nn_tensor a;
    nn_tensor b;
    nn_tensor output;
    binary_params *params = node->params;
    nn_mul_params *p = &params->kernel.mul;
    if (!prepare_tensors(node, &a, &b, &output)) {
        return false;
    }
    nn_real real = nn_product_scale(a.scale, b.scale, output.scale);
    if (!nn_quantize_multiplier((double)real, &p->multiplier, &p->shift)) {
        return nn_fail(node, "output scale is too small for the inputs");
    }
    uint8_t activation = nn_option_u8(node, MUL_ACTIVATION, ACTIVATION_NONE);
    return nn_activation_range_s16(node, activation, &p->min, &p->max);
}

static void invoke_sum(const nn_node *node, bool subtracts) {
    const binary_params *p = node->params;
    const nn_broadcast *broadcast = &p->broadcast;
    const int16_t *a = nn_input_data(node, 0);
    const int16_t *b = nn_input_data(node, 1);
    int16_t *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < broadcast->runs; i++) {
        nn_add_s16(&p->kernel.add, subtracts, a + nn_run_start(broadcast, &broadcast->a, i),
                   broadcast->a_step, b + nn_run_start(broadcast, &broadcast->b, i),
                   broadcast->b_step, output, broadcast->count);
        output += broadcast->count;
    }
}

static void invoke_add(const nn_node *node) {
    invoke_sum(node, false);
}

static void invoke_sub(const nn_node *node) {
    invoke_sum(node, true);
}

static void invoke_mul(const nn_node *node) {
    const binary_params *p = node->params;
    const nn_broadcast *broadcast = &p->broadcast;
    const int16_t *a = nn_input_data(node, 0);
    const int16_t *b = nn_input_data(node, 1);
    int16_t *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < broadcast->runs; i++) {
        nn_mul_s16(&p->kernel.mul, a + nn_run_start(broadcast, &broadcast->a, i), broadcast->a_step,
                   b + nn_run_start(broadcast, &broadcast->b, i), broadcast->b_step, output,
                   broadcast->count);
        output += broadcast->count;
    }
}

const nn_op nn_op_add_s16 = {
    .name = "ADD",
    .code = BUILTIN_ADD,
    .options_type = OPTIONS_ADD,
    .is_int16 = true,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare_sum,
    .invoke = invoke_add,
};

const nn_op nn_op_sub_s16 = {
    .name = "SUB",
    .code = BUILTIN_SUB,
    .options_type = OPTIONS_SUB,
    .is_int16 = true,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare_sum,
    .invoke = invoke_sub,
};

const nn_op nn_op_mul_s16 = {
    .name = "MUL",
    .code = BUILTIN_MUL,
    .options_type = OPTIONS_MUL,
    .is_int16 = true,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare_product,
    .invoke = invoke_mul,
};
