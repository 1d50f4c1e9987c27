/* REDUCE_MAX and REDUCE_MIN of float32, along any constant axes. */
#include "ops/float/float.h"
#include "ops/ops.h"
#include "ops/reduce_shape.h"
#include "schema.h"

typedef struct {
    nn_grid outputs;
    nn_grid reduced;
} extremum_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(extremum_params);
}

static bool prepare(nn_node *node) {
    extremum_params *p = node->params;
    return nn_check_float(node, 1) && nn_prepare_reduce_shape(node, &p->outputs, &p->reduced);
}

static void invoke_max(const nn_node *node) {
    const extremum_params *p = node->params;
    nn_reduce_max_f32(&p->outputs, &p->reduced, nn_input_data(node, 0), nn_output_data(node, 0));
}

static void invoke_min(const nn_node *node) {
    const extremum_params *p = node->params;
    nn_reduce_min_f32(&p->outputs, &p->reduced, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_reduce_max_f32 = {
    .name = "REDUCE_MAX",
    .code = BUILTIN_REDUCE_MAX,
    .options_type = OPTIONS_REDUCER,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_max,
};

const nn_op nn_op_reduce_min_f32 = {
    .name = "REDUCE_MIN",
    .code = BUILTIN_REDUCE_MIN,
    .options_type = OPTIONS_REDUCER,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_min,
};
