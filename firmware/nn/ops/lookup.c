/* Tables of a function of one int8 or uint8. */
#include "ops/lookup.h"

#include <math.h>

#include "fixed_point.h"
#include "kernels/lookup.h"
#include "ops/unary.h"
#include "quantization.h"

uint32_t nn_lookup_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_lookup_params);
}

bool nn_prepare_lookup(nn_node *node, bool has_uint8, nn_model_tensor *input,
                       nn_model_tensor *output) {
    nn_lookup_params *p = node->params;
    if (!nn_check_unary(node, input, output)) {
        return false;
    }
    nn_type type = input->tensor.type;
    if ((type != NN_INT8 && !(has_uint8 && nn_is_8_bit(type))) || output->tensor.type != type) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_is_quantized(input) || !nn_is_quantized(output)) {
        return nn_fail(node, "input or output has no valid quantization");
    }
    p->count = nn_count(&output->tensor, 0, output->tensor.rank);
    return true;
}

void nn_set_result(nn_lookup_params *params, const nn_tensor *output, int32_t value,
                   int32_t result) {
    int32_t saturated = nn_clamp(result, nn_lowest(output->type), nn_highest(output->type));
    params->table[(uint8_t)value] = (uint8_t)saturated;
}

/* Far beyond what 8 bits hold, and what is no number is the least; LiteRT saturates so, too. */
static int32_t near(float real) {
    const int32_t far = 1 << 10;
    if (!(real > (float)-far)) {
        return -far;
    }
    return real < (float)far ? (int32_t)real : far;
}

void nn_tabulate(nn_lookup_params *params, const nn_tensor *input, const nn_tensor *output,
                 float (*function)(float)) {
    float inverse_scale = 1.0f / output->scale;
    for (int32_t value = nn_lowest(input->type); value <= nn_highest(input->type); value++) {
        float real = input->scale * (float)(value - input->zero_point);
        float scaled = roundf(function(real) * inverse_scale) + (float)output->zero_point;
        nn_set_result(params, output, value, near(scaled));
    }
}

void nn_invoke_lookup(const nn_node *node) {
    const nn_lookup_params *p = node->params;
    nn_lookup_8(p->table, nn_input_data(node, 0), nn_output_data(node, 0), p->count);
}
