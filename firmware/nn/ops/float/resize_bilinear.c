/* RESIZE_BILINEAR of float32. */
#include "ops/float/float.h"
#include "ops/ops.h"
#include "ops/resize.h"
#include "ops/resize_real.h"
#include "schema.h"

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_resize_real_params);
}

static bool prepare(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    return nn_check_float(node, 1) && nn_check_resize(node, &input, &output) &&
           nn_prepare_resize_real(node, node->params, &input.tensor, &output.tensor);
}

static void invoke(const nn_node *node) {
    nn_resize_bilinear_f32(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_resize_bilinear_f32 = {
    .name = "RESIZE_BILINEAR",
    .code = BUILTIN_RESIZE_BILINEAR,
    .options_type = OPTIONS_RESIZE_BILINEAR,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
