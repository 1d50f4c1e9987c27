/* What SPLIT and UNPACK share: outputs of equal size, which take turns in the input. */
#ifndef NN_OPS_PIECES_H
#define NN_OPS_PIECES_H

#include "op.h"

typedef struct {
    int32_t rows;  /**< how often the outputs take turns in the input */
    int32_t piece; /**< bytes of each output in a turn */
} nn_pieces_params;

/** The size of nn_pieces_params. */
uint32_t nn_pieces_size(const nn_node *node);

/** Whether every output has the shape and type of one, and the quantization of the input; fails
 * else. */
bool nn_check_pieces(nn_node *node, const nn_model_tensor *input, const nn_tensor *expected);

/** Copies each output out of an input. */
void nn_take_pieces(const nn_node *node, uint32_t input);

#endif
