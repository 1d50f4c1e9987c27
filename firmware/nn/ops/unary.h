/* What the ops share that map one tensor to another of the same shape, element by element. */
#ifndef NN_OPS_UNARY_H
#define NN_OPS_UNARY_H

#include "kernels/requantize.h"
#include "op.h"

/** Reads the only input and the only output, and checks that their shapes are the same. */
bool nn_check_unary(nn_node *node, nn_model_tensor *input, nn_model_tensor *output);

/** Fills all parameters; the range is that of the output's type. real: by how much the input's
 * steps are larger than the output's. */
bool nn_prepare_requantize(nn_node *node, nn_requantize_params *params,
                           const nn_model_tensor *input, const nn_model_tensor *output,
                           double real);

#endif
