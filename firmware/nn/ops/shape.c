/* SHAPE: the dimensions of any tensor, to int32 or int64. */
#include <string.h>

#include "op.h"
#include "ops/ops.h"
#include "schema.h"

typedef struct {
    int32_t rank;
    int32_t size; /* bytes of a number of the output */
    int32_t dims[NN_MAX_RANK];
} shape_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(shape_params);
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, 0);
    nn_model_tensor output = nn_node_output(node, 0);
    shape_params *p = node->params;
    if (!nn_check_counts(node, 1, 1)) {
        return false;
    }
    if (!nn_is_index_type(node, SHAPE_OUT_TYPE, output.tensor.type)) {
        return nn_fail(node, "types are not supported");
    }
    if (output.tensor.rank != 1 || output.tensor.dims[0] != input.tensor.rank) {
        return nn_fail(node, "output has an unexpected shape");
    }
    *p = (shape_params){.rank = input.tensor.rank, .size = nn_element_size(output.tensor.type)};
    memcpy(p->dims, input.tensor.dims, sizeof p->dims);
    return true;
}

static void invoke(const nn_node *node) {
    const shape_params *p = node->params;
    uint8_t *output = nn_output_data(node, 0);
    memset(output, 0, (size_t)p->rank * (size_t)p->size);
    for (int32_t d = 0; d < p->rank; d++) {
        memcpy(output + d * p->size, &p->dims[d], sizeof p->dims[d]); /* little-endian */
    }
}

const nn_op nn_op_shape = {
    .name = "SHAPE",
    .code = BUILTIN_SHAPE,
    .options_type = OPTIONS_SHAPE,
    .folding = NN_ALWAYS_FOLDED,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
