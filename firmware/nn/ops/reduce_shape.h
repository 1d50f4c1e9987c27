/* What reductions of any type share: which elements become one. */
#ifndef NN_OPS_REDUCE_SHAPE_H
#define NN_OPS_REDUCE_SHAPE_H

#include "kernels/grid.h"
#include "op.h"

/** Reads the axes (input 1), checks the output's shape, and fills where in the input the elements
 * of each output start, and where they are from there. */
bool nn_prepare_reduce_shape(nn_node *node, nn_grid *outputs, nn_grid *reduced);

#endif
