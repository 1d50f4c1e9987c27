/* BATCH_MATMUL: int8, with broadcasting of whole matrices. */
#include "ops/batch_matmul.h"

#include "op.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

typedef struct {
    nn_batch_matmul_shape shape;
    nn_batch_matmul_scale scale;
} batch_matmul_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(batch_matmul_params);
}

static bool prepare(nn_node *node) {
    nn_model_tensor a = nn_node_input(node, 0);
    nn_model_tensor b = nn_node_input(node, 1);
    nn_model_tensor output = nn_node_output(node, 0);
    batch_matmul_params *p = node->params;
    if (a.tensor.type != NN_INT8 || b.tensor.type != NN_INT8 || output.tensor.type != NN_INT8) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_is_quantized(&a) || !nn_is_quantized(&b) || !nn_is_quantized(&output)) {
        return nn_fail(node, "input or output has no valid quantization");
    }
    /* As GetQuantizedConvolutionMultipler of tflite/kernels/kernel_util.cc. */
    double real = (double)(a.tensor.scale * b.tensor.scale) / (double)output.tensor.scale;
    if (!nn_quantize_multiplier(real, &p->scale.multiplier, &p->scale.shift)) {
        return nn_fail(node, "output scale is too small for the inputs");
    }
    p->scale.a_offset = -a.tensor.zero_point;
    p->scale.b_offset = -b.tensor.zero_point;
    p->scale.output_offset = output.tensor.zero_point;
    return nn_prepare_batch_matmul_shape(node, &p->shape);
}

static void invoke(const nn_node *node) {
    const batch_matmul_params *p = node->params;
    nn_batch_matmul_s8(&p->shape, &p->scale, nn_input_data(node, 0), nn_input_data(node, 1),
                       nn_output_data(node, 0));
}

const nn_op nn_op_batch_matmul = {
    .name = "BATCH_MATMUL",
    .code = BUILTIN_BATCH_MATMUL,
    .options_type = OPTIONS_BATCH_MATMUL,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
