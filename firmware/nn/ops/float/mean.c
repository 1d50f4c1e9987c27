/* MEAN and SUM of float32, along any constant axes. */
#include "ops/float/float.h"
#include "ops/ops.h"
#include "ops/reduce_shape.h"
#include "schema.h"

typedef struct {
    nn_grid outputs;
    nn_grid reduced;
} mean_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(mean_params);
}

static bool prepare(nn_node *node) {
    mean_params *p = node->params;
    return nn_check_float(node, 1) && nn_prepare_reduce_shape(node, &p->outputs, &p->reduced);
}

static void invoke_mean(const nn_node *node) {
    const mean_params *p = node->params;
    nn_mean_f32(&p->outputs, &p->reduced, nn_input_data(node, 0), nn_output_data(node, 0));
}

static void invoke_sum(const nn_node *node) {
    const mean_params *p = node->params;
    nn_sum_f32(&p->outputs, &p->reduced, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_mean_f32 = {
    .name = "MEAN",
    .code = BUILTIN_MEAN,
    .options_type = OPTIONS_REDUCER,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_mean,
};

const nn_op nn_op_sum_f32 = {
    .name = "SUM",
    .code = BUILTIN_SUM,
    .options_type = OPTIONS_REDUCER,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_sum,
};
