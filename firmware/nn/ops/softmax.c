/* SOFTMAX: int8 or uint8, along the last dimension. */
#include <math.h>

#include "kernels/softmax.h"
#include "op.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

enum { INTEGER_BITS = 5 }; /* of a scaled difference of inputs */

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_softmax_params);
}

/* PreprocessSoftmaxScaling and CalculateInputRadius of tflite's quantization_util.cc. */
static bool prepare_scale(nn_node *node, nn_softmax_params *p, float beta, float scale) {
    const double largest = 2147483647.0;
    double real = (double)beta * (double)scale * (double)(1 << (31 - INTEGER_BITS));
    real = real > largest ? largest : real;
    if (!(real > 1.0) || !nn_quantize_multiplier(real, &p->multiplier, &p->shift)) {
        return nn_fail(node, "input scale or beta is out of range");
    }
    double radius = (double)((1 << INTEGER_BITS) - 1) * (double)(1 << (31 - INTEGER_BITS)) /
                    (double)(1u << p->shift);
    p->min_difference = -(int32_t)floor(radius);
    return true;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, 0);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_softmax_params *p = node->params;
    if (!nn_check_counts(node, 1, 1)) {
        return false;
    }
    if (!nn_is_8_bit(input.tensor.type) || output.tensor.type != input.tensor.type) {
        return nn_fail(node, "types are not supported");
    }
    if (input.tensor.rank < 1 || !nn_same_shape(&input.tensor, &output.tensor)) {
        return nn_fail(node, "output has an unexpected shape");
    }
    if (!nn_is_quantized(&input) || output.tensor.zero_point != nn_lowest(output.tensor.type) ||
        fabsf(output.tensor.scale - 1.0f / 256) > 0.001f / 256) {
        return nn_fail(node, "output must have scale 1/256 and zero point 0 or -128");
    }
    int32_t last = input.tensor.rank - 1;
    p->depth = input.tensor.dims[last];
    p->flip = input.tensor.type == NN_INT8 ? 0x80 : 0;
    p->rows = nn_count(&input.tensor, 0, last);
    if (p->depth > NN_SOFTMAX_MAX_DEPTH) {
        return nn_fail(node, "last dimension is too large");
    }
    return prepare_scale(node, p, nn_option_float(node, SOFTMAX_BETA, 0.0f), input.tensor.scale);
}

static void invoke(const nn_node *node) {
    nn_softmax_8(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_softmax = {
    .name = "SOFTMAX",
    .code = BUILTIN_SOFTMAX,
    .options_type = OPTIONS_SOFTMAX,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
