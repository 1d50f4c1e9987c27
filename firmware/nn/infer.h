/* Shapes that the file leaves open: with an open batch it has 1 there, whatever comes of it. */
#ifndef NN_INFER_H
#define NN_INFER_H

#include "op.h"

/** Sets rank and dimensions of output i, which is open, as they follow from the inputs; false if
 * they do not, or if the file has them right. They need not be right: the op's prepare refuses what
 * does not fit. */
bool nn_infer_shape(const nn_node *node, uint32_t i, nn_tensor *output);

#endif
