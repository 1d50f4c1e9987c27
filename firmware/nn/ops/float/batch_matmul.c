/* BATCH_MATMUL of float32. */
#include "ops/batch_matmul.h"

#include "ops/float/float.h"
#include "ops/ops.h"
#include "schema.h"

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_batch_matmul_shape);
}

static bool prepare(nn_node *node) {
    return nn_check_float(node, 2) && nn_prepare_batch_matmul_shape(node, node->params);
}

static void invoke(const nn_node *node) {
    nn_batch_matmul_f32(node->params, nn_input_data(node, 0), nn_input_data(node, 1),
                        nn_output_data(node, 0));
}

const nn_op nn_op_batch_matmul_f32 = {
    .name = "BATCH_MATMUL",
    .code = BUILTIN_BATCH_MATMUL,
    .options_type = OPTIONS_BATCH_MATMUL,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
