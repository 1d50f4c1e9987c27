/* The shapes of UNIDIRECTIONAL_SEQUENCE_LSTM: as Keras writes it, with all four gates and nothing
 * else. */
#include "ops/lstm.h"

#include "schema.h"

enum { MOST_INPUTS = 24, PEEPHOLE = 9, PROJECTION = 16, LAYER_NORM = 20 };

static bool is_there(const nn_node *node, uint32_t i) {
    return nn_node_input(node, i).tensor.bytes != 0;
}

static bool has_variant(const nn_node *node) {
    bool variant = !is_there(node, LSTM_INPUT_WEIGHTS) || is_there(node, PROJECTION);
    for (uint32_t i = 0; i < 4; i++) {
        variant = variant || is_there(node, LAYER_NORM + i);
        variant = variant || (i < 3 && is_there(node, PEEPHOLE + i));
    }
    return variant;
}

static bool is_matrix(const nn_node *node, uint32_t i, int32_t rows, int32_t columns) {
    nn_model_tensor read = nn_node_input(node, i);
    return read.tensor.data != NULL && read.tensor.rank == 2 && read.tensor.dims[0] == rows &&
           read.tensor.dims[1] == columns;
}

static bool weights_fit(const nn_node *node, const nn_lstm_shape *s) {
    bool fit = true;
    for (uint32_t g = 0; g < NN_LSTM_GATES; g++) {
        nn_model_tensor bias = nn_node_input(node, LSTM_BIASES + g);
        fit = fit && is_matrix(node, LSTM_INPUT_WEIGHTS + g, s->cells, s->inputs) &&
              is_matrix(node, LSTM_RECURRENT_WEIGHTS + g, s->cells, s->cells) &&
              bias.tensor.data != NULL && bias.tensor.rank == 1 && bias.tensor.dims[0] == s->cells;
    }
    return fit;
}

/* Whether input i is a variable tensor of a state, of one dimension or two. */
static bool is_state(const nn_node *node, uint32_t i, const nn_lstm_shape *s) {
    nn_tensor state = nn_node_input(node, i).tensor;
    return nn_node_is_variable(node, i) &&
           (int64_t)nn_count(&state, 0, state.rank) == (int64_t)s->batches * s->cells;
}

bool nn_check_lstm(nn_node *node, nn_lstm_shape *shape) {
    nn_tensor input = nn_node_input(node, LSTM_INPUT).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    if (!nn_check_counts(node, LAYER_NORM, MOST_INPUTS)) {
        return false;
    }
    if (has_variant(node)) {
        return nn_fail(node, "peephole, projection, layer norm or a missing gate is not supported");
    }
    if (nn_option_u8(node, LSTM_ACTIVATION, ACTIVATION_NONE) != ACTIVATION_TANH) {
        return nn_fail(node, "an activation other than tanh is not supported");
    }
    if (input.rank != 3) {
        return nn_fail(node, "input does not have three dimensions");
    }
    bool time_major = nn_option_u8(node, LSTM_TIME_MAJOR, 0) != 0;
    *shape = (nn_lstm_shape){
        .batches = input.dims[time_major ? 1 : 0],
        .steps = input.dims[time_major ? 0 : 1],
        .inputs = input.dims[2],
        .cells = nn_node_input(node, LSTM_INPUT_WEIGHTS).tensor.dims[0],
        .time_major = time_major,
    };
    if (!weights_fit(node, shape)) {
        return nn_fail(node, "weights or biases do not fit the input, or are not constant");
    }
    if (!is_state(node, LSTM_OUTPUT_STATE, shape) || !is_state(node, LSTM_CELL_STATE, shape)) {
        return nn_fail(node, "state is no variable, or has an unexpected shape");
    }
    bool fits = output.rank == 3 && output.dims[0] == input.dims[0] &&
                output.dims[1] == input.dims[1] && output.dims[2] == shape->cells;
    return fits || nn_fail(node, "output has an unexpected shape");
}

bool nn_check_lstm_types(nn_node *node, nn_type type, nn_type bias, nn_type cell) {
    bool right = nn_node_input(node, LSTM_INPUT).tensor.type == type &&
                 nn_node_input(node, LSTM_OUTPUT_STATE).tensor.type == type &&
                 nn_node_input(node, LSTM_CELL_STATE).tensor.type == cell &&
                 nn_node_output(node, 0).tensor.type == type;
    for (uint32_t g = 0; g < NN_LSTM_GATES; g++) {
        right = right && nn_node_input(node, LSTM_INPUT_WEIGHTS + g).tensor.type == type &&
                nn_node_input(node, LSTM_RECURRENT_WEIGHTS + g).tensor.type == type &&
                nn_node_input(node, LSTM_BIASES + g).tensor.type == bias;
    }
    return right || nn_fail(node, "types are not supported");
}
