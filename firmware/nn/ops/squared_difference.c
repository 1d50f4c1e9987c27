/* SQUARED_DIFFERENCE: int8, with broadcasting. */
#include "kernels/squared_difference.h"

#include <stddef.h>

#include "op.h"
#include "ops/broadcast.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

typedef struct {
    nn_squared_difference_params kernel;
    nn_broadcast broadcast;
} squared_difference_params;

static uint32_t params_size(const nn_node *node) {
    return (uint32_t)offsetof(squared_difference_params, broadcast) + nn_broadcast_size(node);
}

/* As tflite/kernels/squared_difference.cc: inputs are brought to half the scale of the larger. */
static bool prepare_scales(nn_node *node, nn_squared_difference_params *p, float a, float b,
                           float output) {
    double twice_larger = (double)(2.0f * (a > b ? a : b));
    double unit = (double)((float)(1 << 2 * NN_SQUARED_DIFFERENCE_LEFT_SHIFT) * output);
    bool in_range =
        nn_quantize_multiplier((double)a / twice_larger, &p->multiplier[0], &p->shift[0]) &&
        nn_quantize_multiplier((double)b / twice_larger, &p->multiplier[1], &p->shift[1]) &&
        nn_quantize_multiplier(twice_larger * twice_larger / unit, &p->output_multiplier,
                               &p->output_shift);
    if (!in_range || p->output_shift > 0) {
        return nn_fail(node, "output scale is too small for the inputs");
    }
    return true;
}

static bool prepare(nn_node *node) {
    nn_model_tensor a = nn_node_input(node, 0);
    nn_model_tensor b = nn_node_input(node, 1);
    nn_model_tensor output = nn_node_output(node, 0);
    squared_difference_params *p = node->params;
    if (!nn_prepare_broadcast(node, &p->broadcast, false, &a, &b, &output)) {
        return false;
    }
    p->kernel.offset[0] = -a.tensor.zero_point;
    p->kernel.offset[1] = -b.tensor.zero_point;
    p->kernel.output_offset = output.tensor.zero_point;
    return prepare_scales(node, &p->kernel, a.tensor.scale, b.tensor.scale, output.tensor.scale);
}

static void invoke(const nn_node *node) {
    const squared_difference_params *p = node->params;
    const nn_broadcast *broadcast = &p->broadcast;
    const int8_t *a = nn_input_data(node, 0);
    const int8_t *b = nn_input_data(node, 1);
    int8_t *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < broadcast->runs; i++) {
        nn_squared_difference_s8(&p->kernel, a + nn_run_start(broadcast, &broadcast->a, i),
                                 broadcast->a_step, b + nn_run_start(broadcast, &broadcast->b, i),
                                 broadcast->b_step, output, broadcast->count);
        output += broadcast->count;
    }
}

const nn_op nn_op_squared_difference = {
    .name = "SQUARED_DIFFERENCE",
    .code = BUILTIN_SQUARED_DIFFERENCE,
    .options_type = OPTIONS_SQUARED_DIFFERENCE,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
