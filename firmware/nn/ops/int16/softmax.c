/* SOFTMAX of int16, along the last dimension. */
#include <math.h>

#include "ops/int16/int16.h"
#include "ops/ops.h"
#include "ops/unary.h"
#include "quantization.h"
#include "schema.h"

/* A sum of so many exponentials, of 2^15 at most each, fits in 32 bits. */
enum { MAX_DEPTH = 65535 };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_softmax_s16_params);
}

static bool prepare(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    nn_softmax_s16_params *p = node->params;
    if (!nn_check_unary(node, &input, &output) || !nn_check_int16(node, 1)) {
        return false;
    }
    if (input.tensor.rank < 1) {
        return nn_fail(node, "output has an unexpected shape");
    }
    if (fabsf(output.tensor.scale - 1.0f / 32768) > 0.001f / 32768) {
        return nn_fail(node, "output must have scale 1/32768");
    }
    int32_t last = input.tensor.rank - 1;
    p->depth = input.tensor.dims[last];
    p->rows = nn_count(&input.tensor, 0, last);
    if (p->depth > MAX_DEPTH) {
        return nn_fail(node, "last dimension is too large");
    }
    float beta = nn_option_float(node, SOFTMAX_BETA, 0.0f);
    double real = (double)(input.tensor.scale * beta) / (10.0 / 65535.0);
    return (real > 0.0 && nn_quantize_multiplier(real, &p->multiplier, &p->shift)) ||
           nn_fail(node, "input scale or beta is out of range");
}

static void invoke(const nn_node *node) {
    nn_softmax_s16(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_softmax_s16 = {
    .name = "SOFTMAX",
    .code = BUILTIN_SOFTMAX,
    .options_type = OPTIONS_SOFTMAX,
    .is_int16 = true,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
