/* MEAN and SUM: int8 or uint8, along any constant axes. */
#include "kernels/reduce.h"
#include "op.h"
#include "ops/arithmetic.h"
#include "ops/ops.h"
#include "ops/reduce_shape.h"
#include "quantization.h"
#include "schema.h"

enum { INPUT };

/* So many uint8 and their zero points fit in 32 bits. */
enum { MAX_REDUCED = 1 << 22 };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_reduce_params);
}

/* As QuantizedMeanOrSum of tflite's reference/reduce.h. */
static bool prepare_scale(nn_node *node, nn_reduce_params *p, const nn_tensor *input,
                          const nn_tensor *output, int32_t count) {
    double real = (double)input->scale / (double)output->scale;
    if (!nn_quantize_multiplier(real, &p->multiplier, &p->shift)) {
        return nn_fail(node, "output scale is too small for the input");
    }
    p->offset = -(input->zero_point + p->flip) * count;
    p->output_offset = output->zero_point;
    return true;
}

/* Elements are taken as `seen_as`. */
static bool prepare(nn_node *node, nn_type seen_as) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_reduce_params *p = node->params;
    if (!nn_is_8_bit(input.tensor.type) || output.tensor.type != input.tensor.type) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_is_quantized(&input) || !nn_is_quantized(&output)) {
        return nn_fail(node, "input or output has no valid quantization");
    }
    if (!nn_prepare_reduce_shape(node, &p->outputs, &p->reduced)) {
        return false;
    }
    p->min = nn_lowest(seen_as);
    p->max = nn_highest(seen_as);
    p->flip = seen_as == NN_INT8 ? 0x80 : 0;
    int32_t count = nn_grid_count(&p->reduced);
    if (count > MAX_REDUCED) {
        return nn_fail(node, "too many elements are reduced to one");
    }
    return prepare_scale(node, p, &input.tensor, &output.tensor, count);
}

static bool prepare_sum(nn_node *node) {
    return prepare(node, nn_sum_sees());
}

static bool prepare_mean(nn_node *node) {
    nn_reduce_params *p = node->params;
    bool prepared = prepare(node, nn_node_input(node, INPUT).tensor.type);
    if (prepared) {
        nn_divide_multiplier(&p->multiplier, &p->shift, nn_grid_count(&p->reduced));
    }
    return prepared;
}

static void invoke(const nn_node *node) {
    nn_reduce_8(node->params, nn_input_data(node, INPUT), nn_output_data(node, 0));
}

const nn_op nn_op_mean = {
    .name = "MEAN",
    .code = BUILTIN_MEAN,
    .options_type = OPTIONS_REDUCER,
    .params_size = params_size,
    .prepare = prepare_mean,
    .invoke = invoke,
};

const nn_op nn_op_sum = {
    .name = "SUM",
    .code = BUILTIN_SUM,
    .options_type = OPTIONS_REDUCER,
    .params_size = params_size,
    .prepare = prepare_sum,
    .invoke = invoke,
};
