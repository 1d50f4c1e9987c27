/* What ARG_MAX and ARG_MIN of any type share. */
#ifndef NN_OPS_ARG_MAX_H
#define NN_OPS_ARG_MAX_H

#include "kernels/arg_max.h"
#include "op.h"

/** The bytes of the parameters. */
uint32_t nn_arg_max_size(const nn_node *node);

/** Checks number, axis, output and shapes, and fills all parameters but how elements are read. */
bool nn_prepare_arg_max(nn_node *node);

#endif
