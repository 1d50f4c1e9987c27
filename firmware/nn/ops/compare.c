/* EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS and LESS_EQUAL: integers and bool, with
 * broadcasting; 8 bits by the real numbers that they stand for. */
#include "kernels/compare.h"

#include <stddef.h>

#include "op.h"
#include "ops/compare.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

typedef struct {
    nn_compare_params compared;
    nn_broadcast broadcast;
} compare_params;

static uint32_t params_size(const nn_node *node) {
    return (uint32_t)offsetof(compare_params, broadcast) + nn_broadcast_size(node);
}

/* As ComparisonQuantized of tflite/kernels/comparisons.cc, whose rescaling leaves open what comes
 * of scales of 1 and more. */
static bool prepare_scale(nn_node *node, nn_compared *compared, const nn_model_tensor *input) {
    if (!nn_is_quantized(input) || input->tensor.scale >= 1.0f) {
        return nn_fail(node, "input must have a scale of less than 1");
    }
    compared->offset = -input->tensor.zero_point;
    return nn_quantize_multiplier((double)input->tensor.scale, &compared->multiplier,
                                  &compared->shift) ||
           nn_fail(node, "input scale is out of range");
}

static bool is_comparable(nn_type type, uint32_t wanted) {
    bool is_equality = wanted == NN_IS_EQUAL || (wanted & NN_IS_UNORDERED) != 0;
    return nn_is_8_bit(type) || type == NN_INT16 || type == NN_INT32 || type == NN_INT64 ||
           (type == NN_BOOL && is_equality);
}

static bool prepare(nn_node *node) {
    nn_model_tensor a = nn_node_input(node, 0);
    nn_model_tensor b = nn_node_input(node, 1);
    compare_params *p = node->params;
    nn_type type = a.tensor.type;
    p->compared = (nn_compare_params){
        .wanted = nn_wanted_relations(node->op),
        .size = nn_element_size(type),
        .is_signed = type != NN_UINT8 && type != NN_BOOL,
        .is_scaled = nn_is_8_bit(type),
    };
    if (!is_comparable(type, p->compared.wanted)) {
        return nn_fail(node, "types are not supported");
    }
    return nn_prepare_comparison(node, &p->broadcast, type) &&
           (!p->compared.is_scaled ||
            (prepare_scale(node, &p->compared.a, &a) && prepare_scale(node, &p->compared.b, &b)));
}

static void invoke(const nn_node *node) {
    const compare_params *p = node->params;
    const nn_broadcast *broadcast = &p->broadcast;
    const uint8_t *a = nn_input_data(node, 0);
    const uint8_t *b = nn_input_data(node, 1);
    uint8_t *output = nn_output_data(node, 0);
    int32_t size = p->compared.size;
    for (int32_t i = 0; i < broadcast->runs; i++) {
        nn_compare(&p->compared, a + nn_run_start(broadcast, &broadcast->a, i) * size,
                   broadcast->a_step, b + nn_run_start(broadcast, &broadcast->b, i) * size,
                   broadcast->b_step, output, broadcast->count);
        output += broadcast->count;
    }
}

const nn_op nn_op_equal = {
    .name = "EQUAL",
    .code = BUILTIN_EQUAL,
    .options_type = OPTIONS_EQUAL,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_not_equal = {
    .name = "NOT_EQUAL",
    .code = BUILTIN_NOT_EQUAL,
    .options_type = OPTIONS_NOT_EQUAL,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_greater = {
    .name = "GREATER",
    .code = BUILTIN_GREATER,
    .options_type = OPTIONS_GREATER,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_greater_equal = {
    .name = "GREATER_EQUAL",
    .code = BUILTIN_GREATER_EQUAL,
    .options_type = OPTIONS_GREATER_EQUAL,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_less = {
    .name = "LESS",
    .code = BUILTIN_LESS,
    .options_type = OPTIONS_LESS,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};

const nn_op nn_op_less_equal = {
    .name = "LESS_EQUAL",
    .code = BUILTIN_LESS_EQUAL,
    .options_type = OPTIONS_LESS_EQUAL,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
