/* DIV: int8 or uint8, with broadcasting. LiteRT gives up where something is divided by 0. */
#include <stddef.h>

#include "kernels/div.h"
#include "op.h"
#include "ops/broadcast.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

/* The shifts for which the kernel's stay in its range, whatever is divided. */
enum { LEAST_SHIFT = -8, MOST_SHIFT = 23 };

typedef struct {
    nn_div_params kernel;
    nn_broadcast broadcast;
} div_params;

static uint32_t params_size(const nn_node *node) {
    return (uint32_t)offsetof(div_params, broadcast) + nn_broadcast_size(node);
}

static bool prepare(nn_node *node) {
    nn_model_tensor a = nn_node_input(node, 0);
    nn_model_tensor b = nn_node_input(node, 1);
    nn_model_tensor output = nn_node_output(node, 0);
    div_params *p = node->params;
    nn_div_params *kernel = &p->kernel;
    if (!nn_prepare_broadcast(node, &p->broadcast, true, &a, &b, &output)) {
        return false;
    }
    float real = a.tensor.scale / (b.tensor.scale * output.tensor.scale);
    if (!nn_is_positive(real) ||
        !nn_quantize_multiplier((double)real, &kernel->multiplier, &kernel->shift) ||
        kernel->shift < LEAST_SHIFT || kernel->shift > MOST_SHIFT) {
        return nn_fail(node, "output scale is out of range for the inputs");
    }
    bool is_unsigned = output.tensor.type == NN_UINT8;
    kernel->flip = is_unsigned ? 0x80 : 0;
    kernel->a_offset = (is_unsigned ? 128 : 0) - a.tensor.zero_point;
    kernel->b_offset = (is_unsigned ? 128 : 0) - b.tensor.zero_point;
    kernel->output_offset = output.tensor.zero_point;
    return nn_activation_range(node, nn_option_u8(node, DIV_ACTIVATION, ACTIVATION_NONE),
                               &output.tensor, &kernel->min, &kernel->max);
}

static void invoke(const nn_node *node) {
    const div_params *p = node->params;
    const nn_broadcast *broadcast = &p->broadcast;
    const uint8_t *a = nn_input_data(node, 0);
    const uint8_t *b = nn_input_data(node, 1);
    uint8_t *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < broadcast->runs; i++) {
        nn_div_8(&p->kernel, a + nn_run_start(broadcast, &broadcast->a, i), broadcast->a_step,
                 b + nn_run_start(broadcast, &broadcast->b, i), broadcast->b_step, output,
                 broadcast->count);
        output += broadcast->count;
    }
}

const nn_op nn_op_div = {
    .name = "DIV",
    .code = BUILTIN_DIV,
    .options_type = OPTIONS_DIV,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
