/* MUL: int8 or uint8, with broadcasting. */
#include <stddef.h>

#include "kernels/mul.h"
#include "op.h"
#include "ops/arithmetic.h"
#include "ops/broadcast.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

typedef struct {
    nn_mul_params kernel;
    bool is_unsigned;
    nn_broadcast broadcast;
} mul_params;

static uint32_t params_size(const nn_node *node) {
    return (uint32_t)offsetof(mul_params, broadcast) + nn_broadcast_size(node);
}

static bool prepare(nn_node *node) {
    nn_model_tensor a = nn_node_input(node, 0);
    nn_model_tensor b = nn_node_input(node, 1);
    nn_model_tensor output = nn_node_output(node, 0);
    mul_params *p = node->params;
    if (!nn_prepare_broadcast(node, &p->broadcast, true, &a, &b, &output)) {
        return false;
    }
    nn_real real = nn_product_scale(a.tensor.scale, b.tensor.scale, output.tensor.scale);
    if (!nn_quantize_multiplier((double)real, &p->kernel.multiplier, &p->kernel.shift)) {
        return nn_fail(node, "output scale is too small for the inputs");
    }
    p->is_unsigned = output.tensor.type == NN_UINT8;
    p->kernel.a_offset = -a.tensor.zero_point;
    p->kernel.b_offset = -b.tensor.zero_point;
    p->kernel.output_offset = output.tensor.zero_point;
    return nn_activation_range(node, nn_option_u8(node, MUL_ACTIVATION, ACTIVATION_NONE),
                               &output.tensor, &p->kernel.min, &p->kernel.max);
}

static void invoke(const nn_node *node) {
    const mul_params *p = node->params;
    const nn_broadcast *broadcast = &p->broadcast;
    const uint8_t *inputs_a = nn_input_data(node, 0);
    const uint8_t *inputs_b = nn_input_data(node, 1);
    uint8_t *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < broadcast->runs; i++) {
        const uint8_t *a = inputs_a + nn_run_start(broadcast, &broadcast->a, i);
        const uint8_t *b = inputs_b + nn_run_start(broadcast, &broadcast->b, i);
        if (NN_WITH_UINT8 && p->is_unsigned) {
            nn_mul_u8(&p->kernel, a, broadcast->a_step, b, broadcast->b_step, output,
                      broadcast->count);
        } else {
            nn_mul_s8(&p->kernel, (const int8_t *)a, broadcast->a_step, (const int8_t *)b,
                      broadcast->b_step, (int8_t *)output, broadcast->count);
        }
        output += broadcast->count;
    }
}

const nn_op nn_op_mul = {
    .name = "MUL",
    .code = BUILTIN_MUL,
    .options_type = OPTIONS_MUL,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
