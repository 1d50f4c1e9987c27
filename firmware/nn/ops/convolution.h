/* What convolutions share: the shape whatever their type is, and the rest of 8 bits. */
#ifndef NN_OPS_CONVOLUTION_H
#define NN_OPS_CONVOLUTION_H

#include "kernels/conv.h"
#include "op.h"
#include "ops/window.h"

/** The window of CONV_2D and of DEPTHWISE_CONV_2D. */
nn_window nn_conv_2d_window(nn_node *node, const nn_tensor *filter);
nn_window nn_depthwise_conv_2d_window(nn_node *node, const nn_tensor *filter);

/** Fills what a shape says of the parameters. */
typedef bool nn_prepare_conv_shape(nn_node *node, nn_conv_params *p, const nn_tensor *input,
                                   const nn_tensor *filter, const nn_tensor *output);

/** Fill axes, batches, channels and groups, if the shapes of four dimensions each fit. */
nn_prepare_conv_shape nn_prepare_conv_2d_shape;
nn_prepare_conv_shape nn_prepare_depthwise_conv_2d_shape;

/** Prepares a convolution of int8 or uint8 whose parameters are nn_conv_params and, behind them,
 * those of its channels. */
bool nn_prepare_conv(nn_node *node, nn_prepare_conv_shape *fill_shape, uint8_t activation);

#endif
