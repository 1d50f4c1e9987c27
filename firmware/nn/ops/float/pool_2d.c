/* AVERAGE_POOL_2D and MAX_POOL_2D of float32. */
#include "ops/float/float.h"
#include "ops/ops.h"
#include "ops/window.h"
#include "schema.h"

typedef struct {
    nn_pool_params shape;
    nn_range_f32 range;
} pool_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(pool_params);
}

static bool prepare(nn_node *node) {
    nn_tensor input = nn_node_input(node, 0).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    pool_params *p = node->params;
    if (!nn_check_counts(node, 1, 1) || !nn_check_float(node, 1)) {
        return false;
    }
    if (input.rank != 4 || output.rank != 4 || input.dims[0] != output.dims[0] ||
        input.dims[3] != output.dims[3]) {
        return nn_fail(node, "output has an unexpected shape");
    }
    p->shape.batches = input.dims[0];
    p->shape.channels = input.dims[3];
    nn_window window = nn_pool_window(node);
    uint8_t activation = nn_option_u8(node, POOL_2D_ACTIVATION, ACTIVATION_NONE);
    return nn_prepare_axes(node, &p->shape.y, &p->shape.x, &window, &input, &output) &&
           nn_activation_range_f32(node, activation, &p->range);
}

static void invoke_average(const nn_node *node) {
    const pool_params *p = node->params;
    nn_average_pool_f32(&p->shape, p->range, nn_input_data(node, 0), nn_output_data(node, 0));
}

static void invoke_max(const nn_node *node) {
    const pool_params *p = node->params;
    nn_max_pool_f32(&p->shape, p->range, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_average_pool_2d_f32 = {
    .name = "AVERAGE_POOL_2D",
    .code = BUILTIN_AVERAGE_POOL_2D,
    .options_type = OPTIONS_POOL_2D,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_average,
};

const nn_op nn_op_max_pool_2d_f32 = {
    .name = "MAX_POOL_2D",
    .code = BUILTIN_MAX_POOL_2D,
    .options_type = OPTIONS_POOL_2D,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_max,
};
