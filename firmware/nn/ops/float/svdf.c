/* SVDF of float32. */
#include "ops/svdf.h"

#include "ops/float/float.h"
#include "ops/ops.h"
#include "schema.h"

typedef struct {
    nn_svdf_shape shape;
    nn_range_f32 range;
} svdf_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(svdf_params);
}

static bool prepare(nn_node *node) {
    svdf_params *p = node->params;
    nn_tensor bias = nn_node_input(node, SVDF_BIAS).tensor;
    nn_tensor state = nn_node_input(node, SVDF_STATE).tensor;
    if (!nn_check_svdf(node, &p->shape) || !nn_check_float(node, 3)) {
        return false;
    }
    if (state.type != NN_FLOAT32 || (bias.bytes != 0 && bias.type != NN_FLOAT32)) {
        return nn_fail(node, "types are not supported");
    }
    uint8_t activation = nn_option_u8(node, SVDF_ACTIVATION, ACTIVATION_NONE);
    return nn_activation_range_f32(node, activation, &p->range);
}

static void invoke(const nn_node *node) {
    const svdf_params *p = node->params;
    nn_svdf_f32(&p->shape, p->range, nn_input_data(node, SVDF_FEATURES),
                nn_input_data(node, SVDF_TIME), nn_input_data(node, SVDF_BIAS),
                nn_input_data(node, SVDF_INPUT), nn_variable_data(node, SVDF_STATE),
                nn_output_data(node, 0));
}

const nn_op nn_op_svdf_f32 = {
    .name = "SVDF",
    .code = BUILTIN_SVDF,
    .options_type = OPTIONS_SVDF,
    .may_lack = true,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
