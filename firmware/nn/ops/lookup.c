/* Tables of a function of one int8. */
#include "ops/lookup.h"

#include "fixed_point.h"
#include "kernels/lookup.h"
#include "ops/unary.h"

uint32_t nn_lookup_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_lookup_params);
}

bool nn_prepare_lookup(nn_node *node, nn_model_tensor *input, nn_model_tensor *output) {
    nn_lookup_params *p = node->params;
    if (!nn_check_unary(node, input, output)) {
        return false;
    }
    if (input->tensor.type != NN_INT8 || output->tensor.type != NN_INT8) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_is_quantized(input) || !nn_is_quantized(output)) {
        return nn_fail(node, "input or output has no valid quantization");
    }
    p->count = nn_count(&output->tensor, 0, output->tensor.rank);
    return true;
}

void nn_set_result(nn_lookup_params *params, int32_t value, int32_t result) {
    params->table[value - INT8_MIN] = (int8_t)nn_clamp(result, INT8_MIN, INT8_MAX);
}

void nn_invoke_lookup(const nn_node *node) {
    const nn_lookup_params *p = node->params;
    nn_lookup_s8(p->table, nn_input_data(node, 0), nn_output_data(node, 0), p->count);
}
