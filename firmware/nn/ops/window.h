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

/** Reads the options of a convolution whose filter has y as dimension 1 and x as 2, but for the
 * dilations, which become 1: padding and strides have the same slots in all of them. */
nn_window_options nn_window_options_of(nn_node *node, const nn_tensor *filter);

/** Reads the options of a pool. */
nn_window_options nn_pool_options(nn_node *node);

/** Fills both axes for images of [batch, y, x, channel]; false (and nn_fail()) unless the model's
 * output size is the one that the padding gives. */
bool nn_prepare_axes(nn_node *node, nn_axis *y, nn_axis *x, const nn_window_options *options,
                     const nn_tensor *input, const nn_tensor *output);

/** How many bytes before an image its filtered one must start at least so that no row of it is
 * written over rows which later windows see: nn_op.lead of an op whose input 0 and output 0 are
 * those images. The kernel must be done with all that a row sees when it begins the row after. */
uint32_t nn_window_lead(nn_node *node, const nn_window_options *options);

#endif
