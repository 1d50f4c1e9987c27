/* FULLY_CONNECTED of float32. */
#include "ops/fully_connected.h"

#include "ops/float/float.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, FILTER, BIAS };

typedef struct {
    int32_t batches;
    int32_t depth;
    int32_t outputs;
    nn_range_f32 range;
} fully_connected_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(fully_connected_params);
}

static bool prepare(nn_node *node) {
    nn_tensor input = nn_node_input(node, INPUT).tensor;
    nn_tensor filter = nn_node_input(node, FILTER).tensor;
    nn_tensor bias = nn_node_input(node, BIAS).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    fully_connected_params *p = node->params;
    if (!nn_check_float(node, 3) ||
        !nn_check_fully_connected(node, &input, &filter, &bias, &output)) {
        return false;
    }
    p->outputs = filter.dims[0];
    p->depth = filter.dims[1];
    p->batches = nn_count(&input, 0, input.rank) / p->depth;
    uint8_t activation = nn_option_u8(node, FULLY_CONNECTED_ACTIVATION, ACTIVATION_NONE);
    return nn_activation_range_f32(node, activation, &p->range);
}

static void invoke(const nn_node *node) {
    const fully_connected_params *p = node->params;
    nn_fully_connected_f32(p->batches, p->depth, p->outputs, p->range, nn_input_data(node, INPUT),
                           nn_input_data(node, FILTER), nn_input_data(node, BIAS),
                           nn_output_data(node, 0));
}

const nn_op nn_op_fully_connected_f32 = {
    .name = "FULLY_CONNECTED",
    .code = BUILTIN_FULLY_CONNECTED,
    .options_type = OPTIONS_FULLY_CONNECTED,
    .may_lack = true,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
