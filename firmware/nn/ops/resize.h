/* What the ops share that bring images to a constant size. */
#ifndef NN_OPS_RESIZE_H
#define NN_OPS_RESIZE_H

#include "op.h"

/** Checks number, shapes and types of the image, its new size and the resized image. */
bool nn_check_resize(nn_node *node, nn_model_tensor *input, nn_model_tensor *output);

#endif
