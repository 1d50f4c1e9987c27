/* What FULLY_CONNECTED of any type checks. */
#ifndef NN_OPS_FULLY_CONNECTED_H
#define NN_OPS_FULLY_CONNECTED_H

#include "op.h"

/** Whether the filter is [outputs, depth], and input, optional bias and output fit it; weights as
 * they are, not shuffled. */
bool nn_check_fully_connected(nn_node *node, const nn_tensor *input, const nn_tensor *filter,
                              const nn_tensor *bias, const nn_tensor *output);

#endif
