/* REDUCE_MAX and REDUCE_MIN: int8, uint8, int16 or int32; REDUCE_ANY and REDUCE_ALL: bool; along
 * any constant axes. */
#include "kernels/reduce_extremum.h"
#include "op.h"
#include "ops/ops.h"
#include "ops/reduce_shape.h"
#include "schema.h"

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_reduce_extremum_params);
}

/* Of the types, REDUCE_ANY and REDUCE_ALL have but bool, and the others but that. */
static bool has_type(nn_type type, bool is_logical) {
    return is_logical ? type == NN_BOOL : nn_is_8_bit(type) || type == NN_INT16 || type == NN_INT32;
}

static bool prepare(nn_node *node, bool is_largest, bool is_logical) {
    nn_model_tensor input = nn_node_input(node, 0);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_reduce_extremum_params *p = node->params;
    nn_type type = input.tensor.type;
    if (!has_type(type, is_logical) || output.tensor.type != type) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_same_quantization(&input, &output)) {
        return nn_fail(node, "input and output must have the same quantization");
    }
    p->element = (nn_element){.size = nn_element_size(type), .flip = type == NN_UINT8 ? 0x80 : 0};
    p->is_largest = is_largest;
    return nn_prepare_reduce_shape(node, &p->outputs, &p->reduced);
}

static bool prepare_max(nn_node *node) {
    return prepare(node, true, false);
}

static bool prepare_min(nn_node *node) {
    return prepare(node, false, false);
}

/* True is 1, and false 0. */
static bool prepare_any(nn_node *node) {
    return prepare(node, true, true);
}

static bool prepare_all(nn_node *node) {
    return prepare(node, false, true);
}

static void invoke(const nn_node *node) {
    nn_reduce_extremum(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_reduce_max = {
    .name = "REDUCE_MAX",
    .code = BUILTIN_REDUCE_MAX,
    .options_type = OPTIONS_REDUCER,
    .params_size = params_size,
    .prepare = prepare_max,
    .invoke = invoke,
};

const nn_op nn_op_reduce_min = {
    .name = "REDUCE_MIN",
    .code = BUILTIN_REDUCE_MIN,
    .options_type = OPTIONS_REDUCER,
    .params_size = params_size,
    .prepare = prepare_min,
    .invoke = invoke,
};

const nn_op nn_op_reduce_any = {
    .name = "REDUCE_ANY",
    .code = BUILTIN_REDUCE_ANY,
    .options_type = OPTIONS_REDUCER,
    .params_size = params_size,
    .prepare = prepare_any,
    .invoke = invoke,
};

const nn_op nn_op_reduce_all = {
    .name = "REDUCE_ALL",
    .code = BUILTIN_REDUCE_ALL,
    .options_type = OPTIONS_REDUCER,
    .params_size = params_size,
    .prepare = prepare_all,
    .invoke = invoke,
};
