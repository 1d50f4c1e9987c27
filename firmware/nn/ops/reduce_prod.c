/* REDUCE_PROD: int32, along any constant axes; products of a shape's dimensions. */
#include "kernels/grid.h"
#include "op.h"
#include "ops/ops.h"
#include "ops/reduce_shape.h"
#include "schema.h"

typedef struct {
    nn_grid outputs;
    nn_grid reduced;
} reduce_prod_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(reduce_prod_params);
}

static bool prepare(nn_node *node) {
    reduce_prod_params *p = node->params;
    if (nn_node_input(node, 0).tensor.type != NN_INT32 ||
        nn_node_output(node, 0).tensor.type != NN_INT32) {
        return nn_fail(node, "types are not supported");
    }
    return nn_prepare_reduce_shape(node, &p->outputs, &p->reduced);
}

static int32_t product(const int32_t *input, const nn_grid *grid) {
    uint32_t product = 1; /* unsigned: it may wrap, as the reference's does */
    int32_t count = nn_grid_count(grid);
    nn_walk walk = {0};
    for (int32_t i = 0; i < count; i++) {
        product *= (uint32_t)input[walk.offset];
        nn_walk_on(&walk, grid);
    }
    return (int32_t)product;
}

static void invoke(const nn_node *node) {
    const reduce_prod_params *p = node->params;
    const int32_t *input = nn_input_data(node, 0);
    int32_t *output = nn_output_data(node, 0);
    int32_t count = nn_grid_count(&p->outputs);
    nn_walk walk = {0};
    for (int32_t i = 0; i < count; i++) {
        output[i] = product(input + walk.offset, &p->reduced);
        nn_walk_on(&walk, &p->outputs);
    }
}

const nn_op nn_op_reduce_prod = {
    .name = "REDUCE_PROD",
    .code = BUILTIN_REDUCE_PROD,
    .options_type = OPTIONS_REDUCER,
    .folding = NN_FOLDED_IF_CONSTANT,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
