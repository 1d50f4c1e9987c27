/* AVERAGE_POOL_2D and MAX_POOL_2D: int8 or uint8, without rescaling. */
#include "kernels/pool.h"
#include "op.h"
#include "ops/ops.h"
#include "ops/window.h"
#include "quantization.h"
#include "schema.h"

/* A sum of so many int8 fits in 32 bits with room for rounding. */
enum { MAX_WINDOW = 1 << 23 };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_pool_params);
}

static uint32_t lead(nn_node *node) {
    nn_window window = nn_pool_window(node);
    return nn_window_lead(node, &window, false);
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, 0);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_pool_params *p = node->params;
    if (!nn_check_counts(node, 1, 1)) {
        return false;
    }
    if (!nn_is_8_bit(input.tensor.type) || output.tensor.type != input.tensor.type) {
        return nn_fail(node, "types are not supported");
    }
    if (input.tensor.rank != 4 || output.tensor.rank != 4) {
        return nn_fail(node, "input and output must have four dimensions");
    }
    if (!nn_is_quantized(&input) || !nn_is_quantized(&output) ||
        !nn_same_quantization(&input, &output)) {
        return nn_fail(node, "input and output must have the same quantization");
    }
    if (input.tensor.dims[0] != output.tensor.dims[0] ||
        input.tensor.dims[3] != output.tensor.dims[3]) {
        return nn_fail(node, "output has an unexpected shape");
    }
    p->batches = input.tensor.dims[0];
    p->channels = input.tensor.dims[3];
    p->is_unsigned = input.tensor.type == NN_UINT8;
    uint8_t activation = nn_option_u8(node, POOL_2D_ACTIVATION, ACTIVATION_NONE);
    nn_window window = nn_pool_window(node);
    if (!nn_prepare_axes(node, &p->y, &p->x, &window, &input.tensor, &output.tensor) ||
        !nn_activation_range(node, activation, &output.tensor, &p->min, &p->max)) {
        return false;
    }
    return p->y.filter <= MAX_WINDOW / p->x.filter || nn_fail(node, "filter is too large");
}

static void invoke_average(const nn_node *node) {
    const nn_pool_params *p = node->params;
    if (NN_WITH_UINT8 && p->is_unsigned) {
        nn_average_pool_u8(p, nn_input_data(node, 0), nn_output_data(node, 0));
    } else {
        nn_average_pool_s8(p, nn_input_data(node, 0), nn_output_data(node, 0));
    }
}

const nn_op nn_op_average_pool_2d = {
    .name = "AVERAGE_POOL_2D",
    .code = BUILTIN_AVERAGE_POOL_2D,
    .options_type = OPTIONS_POOL_2D,
    .params_size = params_size,
    .lead = lead,
    .prepare = prepare,
    .invoke = invoke_average,
};

static void invoke_max(const nn_node *node) {
    const nn_pool_params *p = node->params;
    if (NN_WITH_UINT8 && p->is_unsigned) {
        nn_max_pool_u8(p, nn_input_data(node, 0), nn_output_data(node, 0));
    } else {
        nn_max_pool_s8(p, nn_input_data(node, 0), nn_output_data(node, 0));
    }
}

const nn_op nn_op_max_pool_2d = {
    .name = "MAX_POOL_2D",
    .code = BUILTIN_MAX_POOL_2D,
    .options_type = OPTIONS_POOL_2D,
    .params_size = params_size,
    .lead = lead,
    .prepare = prepare,
    .invoke = invoke_max,
};
