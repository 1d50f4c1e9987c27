/* QUANTIZE: float32 to int8 or uint8, and between these with other scales.
 * DEQUANTIZE: int8 or uint8 to float32. */
#include "kernels/requantize.h"
#include "op.h"
#include "ops/ops.h"
#include "ops/unary.h"
#include "quantization.h"
#include "schema.h"

typedef struct {
    int32_t count;
    bool from_float;
    union {
        nn_quantize_params quantize;
        nn_requantize_params requantize;
    };
} quantize_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(quantize_params);
}

static nn_quantize_params quantization_of(const nn_tensor *tensor) {
    return (nn_quantize_params){
        .scale = tensor->scale,
        .zero_point = tensor->zero_point,
        .min = nn_lowest(tensor->type),
        .max = nn_highest(tensor->type),
    };
}

static bool prepare_quantize(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    quantize_params *p = node->params;
    if (!nn_check_unary(node, &input, &output)) {
        return false;
    }
    if (!nn_is_quantized(&output)) {
        return nn_fail(node, "output type or quantization is not supported");
    }
    p->count = nn_count(&output.tensor, 0, output.tensor.rank);
    p->from_float = input.tensor.type == NN_FLOAT32;
    if (p->from_float) {
        p->quantize = quantization_of(&output.tensor);
        return true;
    }
    double real = (double)input.tensor.scale / (double)output.tensor.scale;
    return nn_prepare_requantize(node, &p->requantize, &input, &output, real);
}

static void invoke_quantize(const nn_node *node) {
    const quantize_params *p = node->params;
    const void *input = nn_input_data(node, 0);
    if (p->from_float) {
        nn_quantize(&p->quantize, input, nn_output_data(node, 0), p->count);
    } else {
        nn_requantize(&p->requantize, input, nn_output_data(node, 0), p->count);
    }
}

static bool prepare_dequantize(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    quantize_params *p = node->params;
    if (!nn_check_unary(node, &input, &output)) {
        return false;
    }
    if (!nn_is_quantized(&input) || output.tensor.type != NN_FLOAT32) {
        return nn_fail(node, "types or quantization are not supported");
    }
    p->count = nn_count(&output.tensor, 0, output.tensor.rank);
    p->quantize = quantization_of(&input.tensor);
    return true;
}

static void invoke_dequantize(const nn_node *node) {
    const quantize_params *p = node->params;
    nn_dequantize(&p->quantize, nn_input_data(node, 0), nn_output_data(node, 0), p->count);
}

const nn_op nn_op_quantize = {
    .name = "QUANTIZE",
    .code = BUILTIN_QUANTIZE,
    .options_type = OPTIONS_QUANTIZE,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare_quantize,
    .invoke = invoke_quantize,
};

const nn_op nn_op_dequantize = {
    .name = "DEQUANTIZE",
    .code = BUILTIN_DEQUANTIZE,
    .options_type = OPTIONS_DEQUANTIZE,
    .params_size = params_size,
    .prepare = prepare_dequantize,
    .invoke = invoke_dequantize,
};
