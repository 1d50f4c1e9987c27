/* MAXIMUM and MINIMUM: int8, with broadcasting. As LiteRT's they compare the numbers as they are,
 * and so mean something only where all quantizations are the same, as the converter has them. */
#include "kernels/extremum.h"
#include "op.h"
#include "ops/broadcast.h"
#include "ops/ops.h"
#include "schema.h"

typedef void kernel(const int8_t *a, int32_t a_step, const int8_t *b, int32_t b_step,
                    int8_t *output, int32_t count);

static bool prepare(nn_node *node) {
    nn_model_tensor a = nn_node_input(node, 0);
    nn_model_tensor b = nn_node_input(node, 1);
    nn_model_tensor output = nn_node_output(node, 0);
    return nn_prepare_broadcast(node, node->params, false, &a, &b, &output);
}

static void invoke(const nn_node *node, kernel *extremum) {
    const nn_broadcast *broadcast = node->params;
    const int8_t *a = nn_input_data(node, 0);
    const int8_t *b = nn_input_data(node, 1);
    int8_t *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < broadcast->runs; i++) {
        extremum(a + nn_run_start(broadcast, &broadcast->a, i), broadcast->a_step,
                 b + nn_run_start(broadcast, &broadcast->b, i), broadcast->b_step, output,
                 broadcast->count);
        output += broadcast->count;
    }
}

static void invoke_maximum(const nn_node *node) {
    invoke(node, nn_maximum_s8);
}

static void invoke_minimum(const nn_node *node) {
    invoke(node, nn_minimum_s8);
}

const nn_op nn_op_maximum = {
    .name = "MAXIMUM",
    .code = BUILTIN_MAXIMUM,
    .options_type = OPTIONS_MAXIMUM_MINIMUM,
    .in_place = 3,
    .params_size = nn_broadcast_size,
    .prepare = prepare,
    .invoke = invoke_maximum,
};

const nn_op nn_op_minimum = {
    .name = "MINIMUM",
    .code = BUILTIN_MINIMUM,
    .options_type = OPTIONS_MAXIMUM_MINIMUM,
    .in_place = 3,
    .params_size = nn_broadcast_size,
    .prepare = prepare,
    .invoke = invoke_minimum,
};
