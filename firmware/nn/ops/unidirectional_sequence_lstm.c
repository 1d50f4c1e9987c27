/* UNIDIRECTIONAL_SEQUENCE_LSTM: int8, with cells of int16. */
#include <math.h>

#include "op.h"
#include "ops/lstm.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

/* The most products of two differences of 8-bit values that surely fit in 32 bits. */
enum { MAX_DEPTH = 33025 };

/* Of the five tensors that tell of what is between, only the last counts: the output's. */
enum { HIDDEN = 4 };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_lstm_params);
}

static bool set_scale(nn_lstm_scale *scale, float real) {
    return nn_is_positive(real) &&
           nn_quantize_multiplier((double)real, &scale->multiplier, &scale->shift);
}

/* The effective scale of the weights that input i has, of what is multiplied with them. */
static bool prepare_weights(const nn_node *node, uint32_t i, float scale, nn_lstm_scale *result) {
    nn_model_tensor weights = nn_node_input(node, i);
    return nn_is_quantized(&weights) && nn_is_symmetric(node, &weights) &&
           set_scale(result, weights.tensor.scale * scale / (1.0f / 4096));
}

static bool prepare_gates(nn_node *node, nn_lstm_params *p, float input, float state) {
    bool valid = true;
    for (uint32_t g = 0; g < NN_LSTM_GATES; g++) {
        valid = valid && prepare_weights(node, LSTM_INPUT_WEIGHTS + g, input, &p->input[g]) &&
                prepare_weights(node, LSTM_RECURRENT_WEIGHTS + g, state, &p->recurrent[g]);
    }
    return valid || nn_fail(node, "weights have no valid quantization");
}

/* A cell's scale is a power of two, such that the 15 bits have 0 to 6 before the point. */
static bool prepare_cells(nn_node *node, nn_lstm_params *p) {
    float scale = nn_node_input(node, LSTM_CELL_STATE).tensor.scale;
    int exponent = 0;
    bool is_power = nn_is_positive(scale) && frexpf(scale, &exponent) == 0.5f;
    p->cell_integer_bits = 15 + exponent - 1;
    if (!is_power || p->cell_integer_bits < 0 || p->cell_integer_bits > 6) {
        return nn_fail(node, "cells have no valid quantization");
    }
    float clip = nn_option_float(node, LSTM_CELL_CLIP, 0.0f);
    float limit = clip / scale;
    p->cell_limit = 1 << 15;
    if (clip > 0.0f && limit >= 1.0f) {
        p->cell_limit = limit < 32767.0f ? (int32_t)limit : INT16_MAX;
    }
    return true;
}

static bool prepare_output(nn_node *node, nn_lstm_params *p) {
    float scale = 0.0f;
    if (!nn_read_intermediate(node, HIDDEN, &scale, &p->output_offset) || !nn_is_positive(scale) ||
        p->output_offset < INT8_MIN || p->output_offset > INT8_MAX) {
        return nn_fail(node, "output has no valid quantization");
    }
    float real = (float)(1.0 / 32768 / (double)scale * (1.0 / 32768));
    return set_scale(&p->output, real) || nn_fail(node, "output scale is out of range");
}

static bool prepare(nn_node *node) {
    nn_lstm_params *p = node->params;
    nn_model_tensor input = nn_node_input(node, LSTM_INPUT);
    nn_model_tensor state = nn_node_input(node, LSTM_OUTPUT_STATE);
    if (!nn_check_lstm(node, &p->shape) ||
        !nn_check_lstm_types(node, NN_INT8, NN_INT32, NN_INT16)) {
        return false;
    }
    if (p->shape.inputs > MAX_DEPTH || p->shape.cells > MAX_DEPTH) {
        return nn_fail(node, "weights are too large");
    }
    if (!nn_is_quantized(&input) || !nn_is_quantized(&state)) {
        return nn_fail(node, "input or state has no valid quantization");
    }
    p->input_offset = -input.tensor.zero_point;
    p->state_offset = -state.tensor.zero_point;
    return prepare_gates(node, p, input.tensor.scale, state.tensor.scale) &&
           prepare_cells(node, p) && prepare_output(node, p);
}

static void invoke(const nn_node *node) {
    const nn_lstm_params *p = node->params;
    nn_lstm_weights weights;
    for (uint32_t g = 0; g < NN_LSTM_GATES; g++) {
        weights.input[g] = nn_input_data(node, LSTM_INPUT_WEIGHTS + g);
        weights.recurrent[g] = nn_input_data(node, LSTM_RECURRENT_WEIGHTS + g);
        weights.bias[g] = nn_input_data(node, LSTM_BIASES + g);
    }
    nn_lstm_s8(p, &weights, nn_input_data(node, LSTM_INPUT),
               nn_variable_data(node, LSTM_OUTPUT_STATE), nn_variable_data(node, LSTM_CELL_STATE),
               nn_output_data(node, 0));
}

const nn_op nn_op_unidirectional_sequence_lstm = {
    .name = "UNIDIRECTIONAL_SEQUENCE_LSTM",
    .code = BUILTIN_UNIDIRECTIONAL_SEQUENCE_LSTM,
    .options_type = OPTIONS_UNIDIRECTIONAL_SEQUENCE_LSTM,
    .may_lack = true,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
