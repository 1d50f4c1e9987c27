/* What convolutions share whatever their type is: the shape. */
#ifndef NN_OPS_CONVOLUTION_H
#define NN_OPS_CONVOLUTION_H

#include "kernels/conv.h"
#include "op.h"
#include "ops/window.h"

/** The window of CONV_2D and of DEPTHWISE_CONV_2D. */
nn_window nn_conv_2d_window(nn_node *node, const nn_tensor *filter);
nn_window nn_depthwise_conv_2d_window(nn_node *node, const nn_tensor *filter);

/** Fill axes, batches, channels and groups, if the shapes of four dimensions each fit. */
bool nn_prepare_conv_2d_shape(nn_node *node, nn_conv_params *p, const nn_tensor *input,
                              const nn_tensor *filter, const nn_tensor *output);
bool nn_prepare_depthwise_conv_2d_shape(nn_node *node, nn_conv_params *p, const nn_tensor *input,
                                        const nn_tensor *filter, const nn_tensor *output);

#endif
