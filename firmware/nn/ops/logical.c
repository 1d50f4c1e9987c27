/* LOGICAL_AND and LOGICAL_OR, with broadcasting, and LOGICAL_NOT: bool. */
#include "op.h"
#include "ops/broadcast.h"
#include "ops/ops.h"
#include "ops/unary.h"
#include "schema.h"

/* Beyond that many dimensions LiteRT repeats none. */
enum { MOST_REPEATED = 4 };

typedef struct {
    int32_t count;
} not_params;

static bool prepare(nn_node *node) {
    nn_tensor a = nn_node_input(node, 0).tensor;
    nn_tensor b = nn_node_input(node, 1).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    if (a.type != NN_BOOL || b.type != NN_BOOL || output.type != NN_BOOL) {
        return nn_fail(node, "types are not supported");
    }
    if (output.rank > MOST_REPEATED && !nn_same_shape(&a, &b)) {
        return nn_fail(node, "too many dimensions are repeated");
    }
    return nn_prepare_broadcast_shape(node, node->params, &a, &b, &output);
}

/* The output is true where so many of the inputs are, or more. */
static void invoke(const nn_node *node, int32_t wanted) {
    const nn_broadcast *broadcast = node->params;
    const uint8_t *inputs[] = {nn_input_data(node, 0), nn_input_data(node, 1)};
    uint8_t *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < broadcast->runs; i++) {
        const uint8_t *a = inputs[0] + nn_run_start(broadcast, &broadcast->a, i);
        const uint8_t *b = inputs[1] + nn_run_start(broadcast, &broadcast->b, i);
        for (int32_t j = 0; j < broadcast->count; j++) {
            int32_t found = (a[j * broadcast->a_step] != 0) + (b[j * broadcast->b_step] != 0);
            *output = found >= wanted ? 1 : 0;
            output++;
        }
    }
}

static void invoke_and(const nn_node *node) {
    invoke(node, 2);
}

static void invoke_or(const nn_node *node) {
    invoke(node, 1);
}

static uint32_t not_params_size(const nn_node *node) {
    (void)node;
    return sizeof(not_params);
}

static bool prepare_not(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    not_params *p = node->params;
    if (!nn_check_unary(node, &input, &output)) {
        return false;
    }
    p->count = nn_count(&input.tensor, 0, input.tensor.rank);
    return (input.tensor.type == NN_BOOL && output.tensor.type == NN_BOOL) ||
           nn_fail(node, "types are not supported");
}

static void invoke_not(const nn_node *node) {
    const not_params *p = node->params;
    const uint8_t *input = nn_input_data(node, 0);
    uint8_t *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < p->count; i++) {
        output[i] = input[i] == 0 ? 1 : 0;
    }
}

const nn_op nn_op_logical_and = {
    .name = "LOGICAL_AND",
    .code = BUILTIN_LOGICAL_AND,
    .options_type = OPTIONS_LOGICAL_AND,
    .in_place = 3,
    .params_size = nn_broadcast_size,
    .prepare = prepare,
    .invoke = invoke_and,
};

const nn_op nn_op_logical_or = {
    .name = "LOGICAL_OR",
    .code = BUILTIN_LOGICAL_OR,
    .options_type = OPTIONS_LOGICAL_OR,
    .in_place = 3,
    .params_size = nn_broadcast_size,
    .prepare = prepare,
    .invoke = invoke_or,
};

const nn_op nn_op_logical_not = {
    .name = "LOGICAL_NOT",
    .code = BUILTIN_LOGICAL_NOT,
    .options_type = OPTIONS_LOGICAL_NOT,
    .in_place = 1,
    .params_size = not_params_size,
    .prepare = prepare_not,
    .invoke = invoke_not,
};
