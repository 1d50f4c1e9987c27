/* What BATCH_MATMUL of int8 and of float32 share. */
#ifndef NN_OPS_BATCH_MATMUL_H
#define NN_OPS_BATCH_MATMUL_H

#include "kernels/batch_matmul.h"
#include "op.h"

/** Checks number and shapes of inputs and output, and finds the way through them. */
bool nn_prepare_batch_matmul_shape(nn_node *node, nn_batch_matmul_shape *shape);

#endif
