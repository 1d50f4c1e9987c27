/* What the ops with a sliding window share: their padding and their checks. */
#ifndef NN_OPS_WINDOW_H
#define NN_OPS_WINDOW_H

#include "kernels/window.h"
#include "op.h"

/** The options of one axis, as the model has them. */
typedef struct {
    int32_t filter;
    int32_t stride;
    int32_t dilation;
} nn_axis_options;

/** The options of a window over both axes of an image, as the model has them. */
typedef struct {
    uint8_t padding; /**< PADDING_SAME or PADDING_VALID, or anything that is wrong */
    nn_axis_options y;
    nn_axis_options x;
} nn_window_options;

/** Reads a convolution's options. The slots of its padding and strides are those of CONV_2D; the
 * dilations' differ, and where an op has none, dilation is 1: an option that is always left out. */
nn_window_options nn_conv_options(nn_node *node, const nn_tensor *filter, uint32_t dilation_w,
                                  uint32_t dilation_h);

/** Fills both axes for images of [batch, y, x, channel]; false (and nn_fail()) unless the model's
 * output size is the one that the padding gives. */
bool nn_prepare_axes(nn_node *node, nn_axis *y, nn_axis *x, const nn_window_options *options,
                     const nn_tensor *input, const nn_tensor *output);

/** How many bytes before an image its filtered one must start at least so that no row of it is
 * written over rows which later windows see: nn_op.lead of an op whose input 0 and output 0 are
 * those images. The kernel must be done with all that a row sees when it begins the row after. */
uint32_t nn_window_lead(nn_node *node, const nn_window_options *options);

#endif
