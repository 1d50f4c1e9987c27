/* L2_NORMALIZATION, LOG_SOFTMAX and SOFTMAX of float32, along the last dimension. */
#include "ops/float/float.h"
#include "ops/ops.h"
#include "ops/unary.h"
#include "schema.h"

typedef struct {
    int32_t rows;
    int32_t depth;
} rows_params;

typedef struct {
    rows_params rows; /* first, for what prepares them */
    float beta;
} softmax_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(rows_params);
}

static bool prepare(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    rows_params *p = node->params;
    if (!nn_check_unary(node, &input, &output) || !nn_check_float(node, 1)) {
        return false;
    }
    int32_t last = input.tensor.rank - 1;
    if (last < 0) {
        return nn_fail(node, "input has no dimensions");
    }
    p->rows = nn_count(&input.tensor, 0, last);
    p->depth = input.tensor.dims[last];
    return true;
}

static bool prepare_l2_normalization(nn_node *node) {
    if (nn_option_u8(node, L2_NORM_ACTIVATION, ACTIVATION_NONE) != ACTIVATION_NONE) {
        return nn_fail(node, "fused activation is not supported");
    }
    return prepare(node);
}

static uint32_t softmax_params_size(const nn_node *node) {
    (void)node;
    return sizeof(softmax_params);
}

static bool prepare_softmax(nn_node *node) {
    softmax_params *p = node->params;
    p->beta = nn_option_float(node, SOFTMAX_BETA, 0.0f);
    return prepare(node);
}

static void invoke_l2_normalization(const nn_node *node) {
    const rows_params *p = node->params;
    nn_l2_normalization_f32(p->rows, p->depth, nn_input_data(node, 0), nn_output_data(node, 0));
}

static void invoke_log_softmax(const nn_node *node) {
    const rows_params *p = node->params;
    nn_log_softmax_f32(p->rows, p->depth, nn_input_data(node, 0), nn_output_data(node, 0));
}

static void invoke_softmax(const nn_node *node) {
    const softmax_params *p = node->params;
    nn_softmax_f32(p->rows.rows, p->rows.depth, p->beta, nn_input_data(node, 0),
                   nn_output_data(node, 0));
}

const nn_op nn_op_l2_normalization_f32 = {
    .name = "L2_NORMALIZATION",
    .code = BUILTIN_L2_NORMALIZATION,
    .options_type = OPTIONS_L2_NORM,
    .is_float = true,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare_l2_normalization,
    .invoke = invoke_l2_normalization,
};

const nn_op nn_op_log_softmax_f32 = {
    .name = "LOG_SOFTMAX",
    .code = BUILTIN_LOG_SOFTMAX,
    .options_type = OPTIONS_LOG_SOFTMAX,
    .is_float = true,
    .in_place = 1,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke_log_softmax,
};

const nn_op nn_op_softmax_f32 = {
    .name = "SOFTMAX",
    .code = BUILTIN_SOFTMAX,
    .options_type = OPTIONS_SOFTMAX,
    .is_float = true,
    .in_place = 1,
    .params_size = softmax_params_size,
    .prepare = prepare_softmax,
    .invoke = invoke_softmax,
};
