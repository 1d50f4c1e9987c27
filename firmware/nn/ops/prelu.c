/* PRELU: int8 or uint8, with alpha repeated along dimensions. */
#include <stddef.h>

#include "kernels/prelu.h"
#include "op.h"
#include "ops/arithmetic.h"
#include "ops/broadcast.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

enum { INPUT, ALPHA };

typedef struct {
    nn_prelu_params kernel;
    nn_broadcast broadcast;
} prelu_params;

static uint32_t params_size(const nn_node *node) {
    return (uint32_t)offsetof(prelu_params, broadcast) + nn_broadcast_size(node);
}

static bool prepare_scales(nn_node *node, nn_prelu_params *p, float input, float alpha,
                           float output) {
    nn_real real = nn_product_scale(input, 1.0f, output);
    nn_real product = nn_product_scale(input, alpha, output);
    bool in_range =
        nn_quantize_multiplier((double)real, &p->multiplier, &p->shift) &&
        nn_quantize_multiplier((double)product, &p->product_multiplier, &p->product_shift);
    return in_range || nn_fail(node, "output scale is too small for the inputs");
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor alpha = nn_node_input(node, ALPHA);
    nn_model_tensor output = nn_node_output(node, 0);
    prelu_params *p = node->params;
    if (!nn_prepare_broadcast(node, &p->broadcast, true, &input, &alpha, &output)) {
        return false;
    }
    if (!nn_same_shape(&input.tensor, &output.tensor)) {
        return nn_fail(node, "output has an unexpected shape");
    }
    bool is_unsigned = output.tensor.type == NN_UINT8;
    p->kernel.flip = is_unsigned ? 0x80 : 0;
    p->kernel.input_offset = (is_unsigned ? 128 : 0) - input.tensor.zero_point;
    p->kernel.alpha_offset = (is_unsigned ? 128 : 0) - alpha.tensor.zero_point;
    p->kernel.min = nn_lowest(output.tensor.type);
    p->kernel.max = nn_highest(output.tensor.type);
    p->kernel.output_offset = output.tensor.zero_point;
    return prepare_scales(node, &p->kernel, input.tensor.scale, alpha.tensor.scale,
                          output.tensor.scale);
}

static void invoke(const nn_node *node) {
    const prelu_params *p = node->params;
    const nn_broadcast *broadcast = &p->broadcast;
    const uint8_t *input = nn_input_data(node, INPUT);
    const uint8_t *alpha = nn_input_data(node, ALPHA);
    uint8_t *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < broadcast->runs; i++) {
        nn_prelu_8(&p->kernel, input + nn_run_start(broadcast, &broadcast->a, i), broadcast->a_step,
                   alpha + nn_run_start(broadcast, &broadcast->b, i), broadcast->b_step, output,
                   broadcast->count);
        output += broadcast->count;
    }
}

const nn_op nn_op_prelu = {
    .name = "PRELU",
    .code = BUILTIN_PRELU,
    .options_type = OPTIONS_NONE,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
