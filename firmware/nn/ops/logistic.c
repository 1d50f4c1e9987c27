/* LOGISTIC: int8. LiteRT's reference kernel has no fixed-point version: it tabulates the function
 * in single precision when it is prepared, and so does this one. */
#include <math.h>

#include "fixed_point.h"
#include "kernels/lookup.h"
#include "op.h"
#include "ops/ops.h"
#include "ops/unary.h"
#include "schema.h"

typedef struct {
    int32_t count;
    int8_t table[256];
} logistic_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(logistic_params);
}

/* LUTPopulateInt8 of tflite/kernels/internal/common.h, with an output scale of 1/256. */
static int8_t tabulate(const nn_tensor *input, const nn_tensor *output, int32_t value) {
    float real = input->scale * (float)(value - input->zero_point);
    float result = 1.0f / (1.0f + expf(-real));
    float scaled = roundf(result * 256.0f) + (float)output->zero_point;
    return (int8_t)nn_clamp((int32_t)scaled, INT8_MIN, INT8_MAX);
}

static bool prepare(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    logistic_params *p = node->params;
    if (!nn_check_unary(node, &input, &output)) {
        return false;
    }
    if (input.tensor.type != NN_INT8 || output.tensor.type != NN_INT8) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_is_quantized(&input) || !nn_is_quantized(&output) ||
        output.tensor.scale != 1.0f / 256) {
        return nn_fail(node, "output must have scale 1/256");
    }
    p->count = nn_count(&output.tensor, 0, output.tensor.rank);
    for (int32_t value = INT8_MIN; value <= INT8_MAX; value++) {
        p->table[value + 128] = tabulate(&input.tensor, &output.tensor, value);
    }
    return true;
}

static void invoke(const nn_node *node) {
    const logistic_params *p = node->params;
    nn_lookup_s8(p->table, nn_input_data(node, 0), nn_output_data(node, 0), p->count);
}

const nn_op nn_op_logistic = {
    .name = "LOGISTIC",
    .code = BUILTIN_LOGISTIC,
    .options_type = OPTIONS_NONE,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
