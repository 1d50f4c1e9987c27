/* What RESIZE_BILINEAR of uint8 and that of float32 share. */
#ifndef NN_OPS_RESIZE_REAL_H
#define NN_OPS_RESIZE_REAL_H

#include "kernels/resize_real.h"
#include "op.h"

/** Fills all parameters of images that nn_check_resize() has found sound. */
bool nn_prepare_resize_real(nn_node *node, nn_resize_real_params *params, const nn_tensor *input,
                            const nn_tensor *output);

#endif
