/* What UNIDIRECTIONAL_SEQUENCE_LSTM of any type shares. */
#ifndef NN_OPS_LSTM_H
#define NN_OPS_LSTM_H

#include "kernels/lstm.h"
#include "op.h"

/** Its inputs; those not named here are of variants that the engine lacks. */
enum {
    LSTM_INPUT = 0,
    LSTM_INPUT_WEIGHTS = 1,     /**< and those of the other gates */
    LSTM_RECURRENT_WEIGHTS = 5, /**< and those of the other gates */
    LSTM_BIASES = 12,           /**< and those of the other gates */
    LSTM_OUTPUT_STATE = 18,
    LSTM_CELL_STATE = 19,
};

/** Checks all that does not depend on a type, and reads the shape. */
bool nn_check_lstm(nn_node *node, nn_lstm_shape *shape);

/** Whether the weights of all gates have a type, their biases another, and the state, the cells and
 * the output theirs; else nn_fail(). */
bool nn_check_lstm_types(nn_node *node, nn_type type, nn_type bias, nn_type cell);

#endif
