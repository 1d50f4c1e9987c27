/* CAST: between integers, bool and float32. */
#include "kernels/cast.h"
#include "op.h"
#include "ops/ops.h"
#include "ops/unary.h"
#include "schema.h"

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_cast_params);
}

/* How the kernel knows a type; of size 0 if it does not. */
static nn_number number_of(nn_type type) {
    uint8_t size = (uint8_t)nn_element_size(type);
    switch (type) {
    case NN_BOOL:
        return (nn_number){.size = size, .is_bool = true};
    case NN_FLOAT32:
        return (nn_number){.size = size, .is_float = true};
    case NN_UINT8:
        return (nn_number){.size = size};
    case NN_INT8:
    case NN_INT16:
    case NN_INT32:
    case NN_INT64:
        return (nn_number){.size = size, .is_signed = true};
    default:
        return (nn_number){0};
    }
}

static bool prepare(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    nn_cast_params *p = node->params;
    if (!nn_check_unary(node, &input, &output)) {
        return false;
    }
    *p = (nn_cast_params){.count = nn_count(&input.tensor, 0, input.tensor.rank),
                          .from = number_of(input.tensor.type),
                          .to = number_of(output.tensor.type)};
    return (p->from.size > 0 && p->to.size > 0) || nn_fail(node, "types are not supported");
}

static void invoke(const nn_node *node) {
    nn_cast(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
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
