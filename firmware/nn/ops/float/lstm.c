/* UNIDIRECTIONAL_SEQUENCE_LSTM of float32. */
#include "ops/lstm.h"

#include "ops/ops.h"
#include "schema.h"

typedef struct {
    nn_lstm_shape shape;
    float cell_limit;
} lstm_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(lstm_params);
}

static bool prepare(nn_node *node) {
    lstm_params *p = node->params;
    p->cell_limit = nn_option_float(node, LSTM_CELL_CLIP, 0.0f);
    return nn_check_lstm(node, &p->shape) &&
           nn_check_lstm_types(node, NN_FLOAT32, NN_FLOAT32, NN_FLOAT32);
}

static void invoke(const nn_node *node) {
    const lstm_params *p = node->params;
    nn_lstm_weights_f32 weights;
    for (uint32_t g = 0; g < NN_LSTM_GATES; g++) {
        weights.input[g] = nn_input_data(node, LSTM_INPUT_WEIGHTS + g);
        weights.recurrent[g] = nn_input_data(node, LSTM_RECURRENT_WEIGHTS + g);
        weights.bias[g] = nn_input_data(node, LSTM_BIASES + g);
    }
    nn_lstm_f32(&p->shape, p->cell_limit, &weights, nn_input_data(node, LSTM_INPUT),
                nn_variable_data(node, LSTM_OUTPUT_STATE), nn_variable_data(node, LSTM_CELL_STATE),
                nn_output_data(node, 0));
}

const nn_op nn_op_unidirectional_sequence_lstm_f32 = {
    .name = "UNIDIRECTIONAL_SEQUENCE_LSTM",
    .code = BUILTIN_UNIDIRECTIONAL_SEQUENCE_LSTM,
    .options_type = OPTIONS_UNIDIRECTIONAL_SEQUENCE_LSTM,
    .may_lack = true,
    .is_float = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
