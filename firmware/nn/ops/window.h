/* What the ops with a sliding window share: their padding and their checks. */
#ifndef NN_OPS_WINDOW_H
#define NN_OPS_WINDOW_H

#include "kernels/window.h"
#include "op.h"

/** What a window has besides padding and strides, which are options in the same slots of every op.
 */
typedef struct {
    int32_t filter_y;
    int32_t filter_x;
    int32_t dilation_y;
    int32_t dilation_x;
} nn_window;

/** The window of a pool. */
nn_window nn_pool_window(nn_node *node);

/** Fills both axes for images of [batch, y, x, channel]; false (and nn_fail()) unless the model's
 * output size is the one that the padding gives. */
bool nn_prepare_axes(nn_node *node, nn_axis *y, nn_axis *x, const nn_window *window,
                     const nn_tensor *input, const nn_tensor *output);

/** How many bytes before an image its filtered one must start at least so that no row of it is
 * written over what that row or later ones see: nn_op.lead of an op whose input 0 and output 0 are
 * those images. The kernel must be done with all that a row sees when it begins the row after; with
 * by_position, with all that a position sees when it begins the position after: then not even a
 * position is written over what later ones see. */
uint32_t nn_window_lead(nn_node *node, const nn_window *window, bool by_position);

#endif
