/* Checks and parameters of element-wise ops. */
#include "ops/unary.h"

#include "quantization.h"

bool nn_check_unary(nn_node *node, nn_model_tensor *input, nn_model_tensor *output) {
    *input = nn_node_input(node, 0);
    *output = nn_node_output(node, 0);
    if (!nn_check_counts(node, 1, 1)) {
        return false;
    }
    if (!nn_same_shape(&input->tensor, &output->tensor)) {
        return nn_fail(node, "output has an unexpected shape");
    }
    return true;
}

bool nn_prepare_requantize(nn_node *node, nn_requantize_params *params,
                           const nn_model_tensor *input, const nn_model_tensor *output,
                           double real) {
    if (!nn_is_quantized(input) || !nn_is_quantized(output)) {
        return nn_fail(node, "types or quantization are not supported");
    }
    if (!nn_quantize_multiplier(real, &params->multiplier, &params->shift)) {
        return nn_fail(node, "output scale is too small for the input");
    }
    bool is_unsigned = input->tensor.type == NN_UINT8;
    params->input_flip = is_unsigned ? 0x80 : 0;
    params->input_offset = (is_unsigned ? 128 : 0) - input->tensor.zero_point;
    params->output_offset = output->tensor.zero_point;
    params->min = nn_lowest(output->tensor.type);
    params->max = nn_highest(output->tensor.type);
    return true;
}
