/* MAXIMUM and MINIMUM: int8 or uint8, with broadcasting. As LiteRT's they compare the numbers as
 * they are, and so mean something only where all quantizations are the same, as the converter has
 * them. */
#include "kernels/extremum.h"

#include <stddef.h>

#include "op.h"
#include "ops/broadcast.h"
#include "ops/ops.h"
#include "schema.h"

typedef struct {
    int32_t flip; /* of the kernel */
    nn_broadcast broadcast;
} extremum_params;

static uint32_t params_size(const nn_node *node) {
    return (uint32_t)offsetof(extremum_params, broadcast) + nn_broadcast_size(node);
}

static bool prepare(nn_node *node) {
    nn_model_tensor a = nn_node_input(node, 0);
    nn_model_tensor b = nn_node_input(node, 1);
    nn_model_tensor output = nn_node_output(node, 0);
    extremum_params *p = node->params;
    p->flip = output.tensor.type == NN_UINT8 ? 0x80 : 0;
    return nn_prepare_broadcast(node, &p->broadcast, true, &a, &b, &output);
}

static void invoke(const nn_node *node, nn_extremum_8 *kernel) {
    const extremum_params *p = node->params;
    const nn_broadcast *broadcast = &p->broadcast;
    const uint8_t *a = nn_input_data(node, 0);
    const uint8_t *b = nn_input_data(node, 1);
    uint8_t *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < broadcast->runs; i++) {
        kernel((uint8_t)p->flip, a + nn_run_start(broadcast, &broadcast->a, i), broadcast->a_step,
               b + nn_run_start(broadcast, &broadcast->b, i), broadcast->b_step, output,
               broadcast->count);
        output += broadcast->count;
    }
}

static void invoke_maximum(const nn_node *node) {
    invoke(node, nn_maximum_8);
}

static void invoke_minimum(const nn_node *node) {
    invoke(node, nn_minimum_8);
}

const nn_op nn_op_maximum = {
    .name = "MAXIMUM",
    .code = BUILTIN_MAXIMUM,
    .options_type = OPTIONS_MAXIMUM_MINIMUM,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_maximum,
};

const nn_op nn_op_minimum = {
    .name = "MINIMUM",
    .code = BUILTIN_MINIMUM,
    .options_type = OPTIONS_MAXIMUM_MINIMUM,
    .in_place = 3,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_minimum,
};
