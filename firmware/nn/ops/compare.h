/* What the comparisons of any type share. */
#ifndef NN_OPS_COMPARE_H
#define NN_OPS_COMPARE_H

#include "op.h"
#include "ops/broadcast.h"

/** The relations (see kernels/compare.h) of which a comparison is true. */
uint32_t nn_wanted_relations(const nn_op *op);

/** Checks that the output is bool, and that it and two inputs of this type fit together. */
bool nn_prepare_comparison(nn_node *node, nn_broadcast *broadcast, nn_type type);

#endif
