/* LOG_SOFTMAX: int8 or uint8, along the last dimension. */
#include <math.h>

#include "kernels/log_softmax.h"
#include "op.h"
#include "ops/ops.h"
#include "ops/unary.h"
#include "quantization.h"
#include "schema.h"

enum { INTEGER_BITS = 5 }; /* of a scaled difference of inputs */

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_log_softmax_params);
}

/* PreprocessLogSoftmaxScalingExp and CalculateInputRadius of tflite's quantization_util.cc, for
 * scales that LiteRT does not end the process at. */
static bool prepare_scale(nn_node *node, nn_log_softmax_params *p, float scale) {
    const double largest = 2147483647.0;
    double real = (double)scale * (double)(1 << (31 - INTEGER_BITS));
    real = real > largest ? largest : real;
    if (!(real > 1.0) || !nn_quantize_multiplier(real, &p->multiplier, &p->shift)) {
        return nn_fail(node, "input scale is out of range");
    }
    double back = (double)(1u << (31 - p->shift)) / (double)p->multiplier;
    if (back >= 1.0 || !nn_quantize_multiplier(back, &p->back_multiplier, &p->back_shift) ||
        p->back_shift > 0) {
        return nn_fail(node, "input scale is out of range");
    }
    double radius = (double)((1 << INTEGER_BITS) - 1) * (double)(1 << (31 - INTEGER_BITS)) /
                    (double)(1u << p->shift);
    p->min_difference = -(int32_t)floor(radius);
    return true;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    nn_log_softmax_params *p = node->params;
    if (!nn_check_unary(node, &input, &output)) {
        return false;
    }
    int32_t last = input.tensor.rank - 1;
    if (!nn_is_8_bit(input.tensor.type) || output.tensor.type != input.tensor.type) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_is_quantized(&input) || output.tensor.scale != 1.0f / 16 ||
        output.tensor.zero_point != nn_highest(output.tensor.type)) {
        return nn_fail(node, "output must have scale 1/16 and zero point 255 or 127");
    }
    if (last < 0 || input.tensor.dims[last] > NN_LOG_SOFTMAX_MAX_DEPTH) {
        return nn_fail(node, "last dimension is too large, or there is none");
    }
    p->rows = nn_count(&input.tensor, 0, last);
    p->depth = input.tensor.dims[last];
    p->flip = input.tensor.type == NN_INT8 ? 0x80 : 0;
    return prepare_scale(node, p, input.tensor.scale);
}

static void invoke(const nn_node *node) {
    nn_log_softmax_8(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_log_softmax = {
    .name = "LOG_SOFTMAX",
    .code = BUILTIN_LOG_SOFTMAX,
    .options_type = OPTIONS_LOG_SOFTMAX,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
