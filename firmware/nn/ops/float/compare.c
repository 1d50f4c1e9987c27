/* EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS and LESS_EQUAL of float32, with broadcasting. */
#include "kernels/compare.h"

#include <stddef.h>

#include "op.h"
#include "ops/compare.h"
#include "ops/ops.h"
#include "schema.h"

typedef struct {
    uint32_t wanted;
    nn_broadcast broadcast;
} compare_params;

static uint32_t params_size(const nn_node *node) {
    return (uint32_t)offsetof(compare_params, broadcast) + nn_broadcast_size(node);
}

static bool prepare(nn_node *node) {
    compare_params *p = node->params;
    p->wanted = nn_wanted_relations(node->op);
    return nn_prepare_comparison(node, &p->broadcast, NN_FLOAT32);
}

static void invoke(const nn_node *node) {
    const compare_params *p = node->params;
    const nn_broadcast *broadcast = &p->broadcast;
    const float *a = nn_input_data(node, 0);
    const float *b = nn_input_data(node, 1);
    uint8_t *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < broadcast->runs; i++) {
        nn_compare_f32(p->wanted, a + nn_run_start(broadcast, &broadcast->a, i), broadcast->a_step,
                       b + nn_run_start(broadcast, &broadcast->b, i), broadcast->b_step, output,
                       broadcast->count);
        output += broadcast->count;
    }
}

const nn_op nn_op_equal_f32 = {
    .name = "EQUAL",
    .code = BUILTIN_EQUAL,
    .options_type = OPTIONS_EQUAL,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_not_equal_f32 = {
    .name = "NOT_EQUAL",
    .code = BUILTIN_NOT_EQUAL,
    .options_type = OPTIONS_NOT_EQUAL,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_greater_f32 = {
    .name = "GREATER",
    .code = BUILTIN_GREATER,
    .options_type = OPTIONS_GREATER,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_greater_equal_f32 = {
    .name = "GREATER_EQUAL",
    .code = BUILTIN_GREATER_EQUAL,
    .options_type = OPTIONS_GREATER_EQUAL,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_less_f32 = {
    .name = "LESS",
    .code = BUILTIN_LESS,
    .options_type = OPTIONS_LESS,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_less_equal_f32 = {
    .name = "LESS_EQUAL",
    .code = BUILTIN_LESS_EQUAL,
    .options_type = OPTIONS_LESS_EQUAL,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
