/* ADD and SUB: int8 or uint8, with broadcasting; and int32, in which shapes and indices are. */
#include <stddef.h>

#include "fixed_point.h"
#include "kernels/add.h"
#include "op.h"
#include "ops/broadcast.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

typedef struct {
    nn_add_params kernel;
    bool is_unsigned;
    bool is_whole; /* int32; linked only with what else computes in it */
    nn_broadcast broadcast;
} add_params;

static uint32_t params_size(const nn_node *node) {
    return (uint32_t)offsetof(add_params, broadcast) + nn_broadcast_size(node);
}

/* As tflite/kernels/add.cc and sub.cc: inputs are brought to half the scale of the larger. */
static bool prepare_scales(nn_node *node, nn_add_params *p, float a, float b, float output) {
    double twice_larger = (double)(2.0f * (a > b ? a : b));
    double from_output = twice_larger / (double)((float)(1 << NN_ADD_LEFT_SHIFT) * output);
    bool in_range = nn_quantize_multiplier((double)a / twice_larger, &p->input[0].multiplier,
                                           &p->input[0].shift) &&
                    nn_quantize_multiplier((double)b / twice_larger, &p->input[1].multiplier,
                                           &p->input[1].shift) &&
                    nn_quantize_multiplier(from_output, &p->output_multiplier, &p->output_shift);
    if (!in_range || p->output_shift > 0) {
        return nn_fail(node, "output scale is too small for the inputs");
    }
    return true;
}

static bool prepare_whole(nn_node *node, add_params *p) {
    nn_tensor a = nn_node_input(node, 0).tensor;
    nn_tensor b = nn_node_input(node, 1).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    if (b.type != NN_INT32 || output.type != NN_INT32 ||
        nn_option_u8(node, ADD_ACTIVATION, ACTIVATION_NONE) != ACTIVATION_NONE) {
        return nn_fail(node, "types are not supported");
    }
    return nn_prepare_broadcast_shape(node, &p->broadcast, &a, &b, &output);
}

static bool prepare(nn_node *node) {
    nn_model_tensor a = nn_node_input(node, 0);
    nn_model_tensor b = nn_node_input(node, 1);
    nn_model_tensor output = nn_node_output(node, 0);
    add_params *p = node->params;
    if (NN_WITH_FOLDING) {
        p->is_whole = a.tensor.type == NN_INT32;
        if (p->is_whole) {
            return prepare_whole(node, p);
        }
    }
    if (!nn_prepare_broadcast(node, &p->broadcast, true, &a, &b, &output)) {
        return false;
    }
    p->kernel.input[0].offset = -a.tensor.zero_point;
    p->kernel.input[1].offset = -b.tensor.zero_point;
    p->is_unsigned = output.tensor.type == NN_UINT8;
    p->kernel.output_offset = output.tensor.zero_point;
    return prepare_scales(node, &p->kernel, a.tensor.scale, b.tensor.scale, output.tensor.scale) &&
           nn_activation_range(node, nn_option_u8(node, ADD_ACTIVATION, ACTIVATION_NONE),
                               &output.tensor, &p->kernel.min, &p->kernel.max);
}

static void invoke_whole(const nn_node *node, const nn_broadcast *broadcast) {
    const int32_t *inputs_a = nn_input_data(node, 0);
    const int32_t *inputs_b = nn_input_data(node, 1);
    int32_t *output = nn_output_data(node, 0);
    bool is_sum = node->op->code == BUILTIN_ADD;
    for (int32_t i = 0; i < broadcast->runs; i++) {
        const int32_t *a = inputs_a + nn_run_start(broadcast, &broadcast->a, i);
        const int32_t *b = inputs_b + nn_run_start(broadcast, &broadcast->b, i);
        for (int32_t j = 0; j < broadcast->count; j++) {
            int32_t second = b[j * broadcast->b_step];
            *output = nn_wrapping_add(a[j * broadcast->a_step],
                                      is_sum ? second : nn_wrapping_negate(second));
            output++;
        }
    }
}

/* uint8 has no kernel where it is left out of the build. */
static void invoke(const nn_node *node, nn_add_kernel_s8 *kernel_s8, nn_add_kernel_u8 *kernel_u8) {
    const add_params *p = node->params;
    const nn_broadcast *broadcast = &p->broadcast;
    const uint8_t *inputs_a = nn_input_data(node, 0);
    const uint8_t *inputs_b = nn_input_data(node, 1);
    uint8_t *output = nn_output_data(node, 0);
    if (NN_WITH_FOLDING && p->is_whole) {
        invoke_whole(node, broadcast);
        return;
    }
    for (int32_t i = 0; i < broadcast->runs; i++) {
        const uint8_t *a = inputs_a + nn_run_start(broadcast, &broadcast->a, i);
        const uint8_t *b = inputs_b + nn_run_start(broadcast, &broadcast->b, i);
        if (NN_WITH_UINT8 && p->is_unsigned) {
            kernel_u8(&p->kernel, a, broadcast->a_step, b, broadcast->b_step, output,
                      broadcast->count);
        } else {
            kernel_s8(&p->kernel, (const int8_t *)a, broadcast->a_step, (const int8_t *)b,
                      broadcast->b_step, (int8_t *)output, broadcast->count);
        }
        output += broadcast->count;
    }
}

static void invoke_add(const nn_node *node) {
    invoke(node, nn_add_s8, NN_WITH_UINT8 ? nn_add_u8 : NULL);
}

static void invoke_sub(const nn_node *node) {
    invoke(node, nn_sub_s8, NN_WITH_UINT8 ? nn_sub_u8 : NULL);
}

const nn_op nn_op_add = {
    .name = "ADD",
    .code = BUILTIN_ADD,
    .options_type = OPTIONS_ADD,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_add,
};

const nn_op nn_op_sub = {
    .name = "SUB",
    .code = BUILTIN_SUB,
    .options_type = OPTIONS_SUB,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_sub,
};
