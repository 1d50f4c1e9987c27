/* A custom op: ThresholdedRelu, which lets through what is above `theta`, and is 0 for all else.
 *
 *     tinyml-hil evaluate --model my.tflite --op thresholded_relu.c
 *
 * docs/custom-ops.md says what each part is for. */
#include "nn/op.h"
#include "nn/schema.h"

/* What invoke needs, in the arena: no pointers, and nothing of which a host has another size. */
typedef struct {
    int32_t count;
    int32_t is_float;
    float theta;
    float scale;
    int32_t zero_point;
} params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(params);
}

static bool prepare(nn_node *node) {
    params *p = node->params;
    if (!nn_check_counts(node, 1, 1)) {
        return false;
    }
    nn_model_tensor input = nn_node_input(node, 0);
    nn_model_tensor output = nn_node_output(node, 0);
    p->is_float = input.tensor.type == NN_FLOAT32;
    if (input.tensor.type != output.tensor.type || !(p->is_float || input.tensor.type == NN_INT8)) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_same_shape(&input.tensor, &output.tensor)) {
        return nn_fail(node, "output has another shape than the input");
    }
    if (!p->is_float && (!nn_is_quantized(&input) || !nn_same_quantization(&input, &output))) {
        return nn_fail(node, "input and output are not quantized alike");
    }
    p->count = nn_count(&input.tensor, 0, input.tensor.rank);
    p->theta = nn_custom_float(node, "theta", 1.0f);
    p->scale = input.tensor.scale;
    p->zero_point = input.tensor.zero_point;
    return true;
}

static void invoke_float(const params *p, const float *input, float *output) {
    for (int32_t i = 0; i < p->count; i++) {
        output[i] = input[i] > p->theta ? input[i] : 0.0f;
    }
}

static void invoke_int8(const params *p, const int8_t *input, int8_t *output) {
    for (int32_t i = 0; i < p->count; i++) {
        float real = (float)(input[i] - p->zero_point) * p->scale;
        output[i] = real > p->theta ? input[i] : (int8_t)p->zero_point;
    }
}

static void invoke(const nn_node *node) {
    const params *p = node->params;
    if (p->is_float) {
        invoke_float(p, nn_input_data(node, 0), nn_output_data(node, 0));
    } else {
        invoke_int8(p, nn_input_data(node, 0), nn_output_data(node, 0));
    }
}

/* nn_custom_, and the name of this file. */
const nn_op nn_custom_thresholded_relu = {
    .name = "ThresholdedRelu", /* as the model calls it */
    .code = BUILTIN_CUSTOM,
    .in_place = 1, /* each output is written where its input was, or before */
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
