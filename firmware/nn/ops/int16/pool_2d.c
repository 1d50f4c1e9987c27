/* AVERAGE_POOL_2D and MAX_POOL_2D of int16, without rescaling. */
#include "ops/int16/int16.h"
#include "ops/ops.h"
#include "ops/window.h"
#include "schema.h"

/* A sum of so many int16 fits in 32 bits with room for rounding. */
enum { MAX_WINDOW = 1 << 15 };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_pool_params);
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, 0);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_pool_params *p = node->params;
    if (!nn_check_counts(node, 1, 1) || !nn_check_int16(node, 1)) {
        return false;
    }
    if (!nn_same_quantization(&input, &output)) {
        return nn_fail(node, "input and output must have the same quantization");
    }
    if (input.tensor.rank != 4 || output.tensor.rank != 4 ||
        input.tensor.dims[0] != output.tensor.dims[0] ||
        input.tensor.dims[3] != output.tensor.dims[3]) {
        return nn_fail(node, "output has an unexpected shape");
    }
    p->batches = input.tensor.dims[0];
    p->channels = input.tensor.dims[3];
    nn_window window = nn_pool_window(node);
    uint8_t activation = nn_option_u8(node, POOL_2D_ACTIVATION, ACTIVATION_NONE);
    if (!nn_prepare_axes(node, &p->y, &p->x, &window, &input.tensor, &output.tensor) ||
        !nn_activation_range_s16(node, activation, &p->min, &p->max)) {
        return false;
    }
    return p->y.filter <= MAX_WINDOW / p->x.filter || nn_fail(node, "filter is too large");
}

static void invoke_average(const nn_node *node) {
    nn_average_pool_s16(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
}

static void invoke_max(const nn_node *node) {
    nn_max_pool_s16(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_average_pool_2d_s16 = {
    .name = "AVERAGE_POOL_2D",
    .code = BUILTIN_AVERAGE_POOL_2D,
    .options_type = OPTIONS_POOL_2D,
    .is_int16 = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_average,
};

const nn_op nn_op_max_pool_2d_s16 = {
    .name = "MAX_POOL_2D",
    .code = BUILTIN_MAX_POOL_2D,
    .options_type = OPTIONS_POOL_2D,
    .is_int16 = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_max,
};
