/* QUANTIZE: float32 to int8, uint8 or int16, and these and int32 among each other, as far as LiteRT
 * has them. DEQUANTIZE: int8, uint8, int16 or float16 to float32. */
#include "kernels/requantize.h"
#include "op.h"
#include "ops/ops.h"
#include "ops/unary.h"
#include "quantization.h"
#include "schema.h"

typedef enum { REAL_TO_8, REAL_TO_16, FROM_8_TO_8, WIDE, HALF } conversion;

typedef struct {
    int32_t count;
    int32_t conversion;
    union {
        nn_quantize_params quantize;
        nn_requantize_params requantize;
        nn_requantize_wide_params wide;
    };
} quantize_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(quantize_params);
}

static bool is_8_bit(nn_type type) {
    return type == NN_INT8 || type == NN_UINT8;
}

/* The range of a type of up to 32 bits. */
static int32_t lowest(nn_type type) {
    switch (type) {
    case NN_INT16:
        return INT16_MIN;
    case NN_INT32:
        return INT32_MIN;
    default:
        return nn_lowest(type);
    }
}

static int32_t highest(nn_type type) {
    switch (type) {
    case NN_INT16:
        return INT16_MAX;
    case NN_INT32:
        return INT32_MAX;
    default:
        return nn_highest(type);
    }
}

static bool is_quantized(const nn_model_tensor *tensor) {
    int32_t zero_point = tensor->tensor.zero_point;
    nn_type type = tensor->tensor.type;
    return zero_point >= lowest(type) && zero_point <= highest(type) && tensor->scales.count == 1 &&
           nn_is_positive(tensor->tensor.scale);
}

static nn_quantize_params quantization_of(const nn_tensor *tensor) {
    return (nn_quantize_params){
        .scale = tensor->scale,
        .zero_point = tensor->zero_point,
        .min = lowest(tensor->type),
        .max = highest(tensor->type),
    };
}

/* The pairs that Prepare and Eval of tflite/kernels/quantize.cc have, less those of 4 bits. */
static bool is_supported(nn_type from, nn_type to) {
    switch (from) {
    case NN_FLOAT32:
    case NN_INT8:
    case NN_UINT8:
        return is_8_bit(to) || to == NN_INT16;
    case NN_INT16:
        return to == NN_INT8 || to == NN_INT16 || to == NN_INT32;
    case NN_INT32:
        return to == NN_INT8 || to == NN_INT16;
    default:
        return false;
    }
}

static bool prepare_wide(nn_node *node, nn_requantize_wide_params *p, const nn_tensor *input,
                         const nn_tensor *output, double real) {
    if (input->type == NN_INT16 && output->type == NN_INT16 &&
        (input->zero_point != 0 || output->zero_point != 0)) {
        return nn_fail(node, "int16 must have zero points of 0");
    }
    *p = (nn_requantize_wide_params){
        .input_bytes = nn_element_size(input->type),
        .output_bytes = nn_element_size(output->type),
        .is_unsigned = input->type == NN_UINT8,
        .input_zero_point = input->zero_point,
        .output_offset = output->zero_point,
        .min = lowest(output->type),
        .max = highest(output->type),
    };
    return nn_quantize_multiplier(real, &p->multiplier, &p->shift) ||
           nn_fail(node, "output scale is too small for the input");
}

static bool prepare_quantize(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    quantize_params *p = node->params;
    if (!nn_check_unary(node, &input, &output)) {
        return false;
    }
    nn_type from = input.tensor.type;
    nn_type to = output.tensor.type;
    if (!is_supported(from, to) || !is_quantized(&output) ||
        (from != NN_FLOAT32 && !is_quantized(&input))) {
        return nn_fail(node, "types or quantization are not supported");
    }
    p->count = nn_count(&output.tensor, 0, output.tensor.rank);
    if (from == NN_FLOAT32) {
        p->conversion = is_8_bit(to) ? REAL_TO_8 : REAL_TO_16;
        p->quantize = quantization_of(&output.tensor);
        return true;
    }
    double real = (double)input.tensor.scale / (double)output.tensor.scale;
    if (is_8_bit(from) && is_8_bit(to)) {
        p->conversion = FROM_8_TO_8;
        return nn_prepare_requantize(node, &p->requantize, &input, &output, real);
    }
    p->conversion = WIDE;
    return prepare_wide(node, &p->wide, &input.tensor, &output.tensor, real);
}

static void invoke_quantize(const nn_node *node) {
    const quantize_params *p = node->params;
    const void *input = nn_input_data(node, 0);
    void *output = nn_output_data(node, 0);
    switch ((conversion)p->conversion) {
    case REAL_TO_8:
        nn_quantize_8(&p->quantize, input, output, p->count);
        break;
    case REAL_TO_16:
        nn_quantize_16(&p->quantize, input, output, p->count);
        break;
    case FROM_8_TO_8:
        nn_requantize(&p->requantize, input, output, p->count);
        break;
    case WIDE:
        nn_requantize_wide(&p->wide, input, output, p->count);
        break;
    case HALF: /* DEQUANTIZE's */
        break;
    }
}

static bool prepare_dequantize(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    quantize_params *p = node->params;
    if (!nn_check_unary(node, &input, &output)) {
        return false;
    }
    p->count = nn_count(&output.tensor, 0, output.tensor.rank);
    if (NN_WITH_FLOAT && input.tensor.type == NN_FLOAT16 && output.tensor.type == NN_FLOAT32) {
        p->conversion = HALF;
        return true;
    }
    bool is_wide = input.tensor.type == NN_INT16;
    if ((!is_8_bit(input.tensor.type) && !is_wide) || !is_quantized(&input) ||
        (is_wide && input.tensor.zero_point != 0) || output.tensor.type != NN_FLOAT32) {
        return nn_fail(node, "types or quantization are not supported");
    }
    p->conversion = is_wide ? REAL_TO_16 : REAL_TO_8;
    p->quantize = quantization_of(&input.tensor);
    return true;
}

static void invoke_dequantize(const nn_node *node) {
    const quantize_params *p = node->params;
    const void *input = nn_input_data(node, 0);
    if (NN_WITH_FLOAT && p->conversion == HALF) {
        nn_dequantize_f16(input, nn_output_data(node, 0), p->count);
    } else if (p->conversion == REAL_TO_16) {
        nn_dequantize_16(&p->quantize, input, nn_output_data(node, 0), p->count);
    } else {
        nn_dequantize_8(&p->quantize, input, nn_output_data(node, 0), p->count);
    }
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
