/* CAST: between int32 and int64, which shapes are written in. */
#include <string.h>

#include "op.h"
#include "ops/ops.h"
#include "ops/unary.h"
#include "schema.h"

typedef struct {
    int32_t count;
    int32_t from; /* bytes of an element of the input */
    int32_t to;   /* and of the output */
} cast_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(cast_params);
}

static bool is_castable(nn_type type) {
    return type == NN_INT32 || type == NN_INT64;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    cast_params *p = node->params;
    if (!nn_check_unary(node, &input, &output)) {
        return false;
    }
    if (!is_castable(input.tensor.type) || !is_castable(output.tensor.type)) {
        return nn_fail(node, "types are not supported");
    }
    *p = (cast_params){.count = nn_count(&input.tensor, 0, input.tensor.rank),
                       .from = nn_element_size(input.tensor.type),
                       .to = nn_element_size(output.tensor.type)};
    return true;
}

static void invoke(const nn_node *node) {
    const cast_params *p = node->params;
    const uint8_t *input = nn_input_data(node, 0);
    uint8_t *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < p->count; i++) {
        int32_t low;
        memcpy(&low, input + i * p->from, sizeof low); /* little-endian */
        int64_t value = low;
        if (p->from == (int32_t)sizeof value) {
            memcpy(&value, input + i * p->from, sizeof value);
        }
        memcpy(output + i * p->to, &value, (size_t)p->to);
    }
}

const nn_op nn_op_cast = {
    .name = "CAST",
    .code = BUILTIN_CAST,
    .options_type = OPTIONS_CAST,
    .folding = NN_FOLDED_IF_CONSTANT,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
