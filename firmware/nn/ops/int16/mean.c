/* MEAN of int16, along any constant axes. */
#include "ops/int16/int16.h"
#include "ops/ops.h"
#include "ops/reduce_shape.h"
#include "quantization.h"
#include "schema.h"

/* A sum of so many int16 fits in 32 bits. */
enum { MAX_REDUCED = 65535 };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_mean_s16_params);
}

static bool prepare(nn_node *node) {
    nn_tensor input = nn_node_input(node, 0).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    nn_mean_s16_params *p = node->params;
    if (!nn_check_int16(node, 1) || !nn_prepare_reduce_shape(node, &p->outputs, &p->reduced)) {
        return false;
    }
    int32_t count = nn_grid_count(&p->reduced);
    if (count > MAX_REDUCED) {
        return nn_fail(node, "too many elements are reduced to one");
    }
    double real = (double)input.scale / (double)output.scale;
    if (!nn_quantize_multiplier(real, &p->multiplier, &p->shift)) {
        return nn_fail(node, "output scale is too small for the input");
    }
    nn_divide_multiplier(&p->multiplier, &p->shift, count);
    return true;
}

static void invoke(const nn_node *node) {
    nn_mean_s16(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_mean_s16 = {
    .name = "MEAN",
    .code = BUILTIN_MEAN,
    .options_type = OPTIONS_REDUCER,
    .is_int16 = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
