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

/** Fills an axis; false (and nn_fail()) unless the model's output size is the one that padding
 * (PADDING_SAME or PADDING_VALID) gives. */
bool nn_prepare_axis(nn_node *node, nn_axis *axis, uint8_t padding, nn_axis_options options,
                     int32_t input, int32_t output);

/** How many bytes before an image its filtered one must start at least so that no row of it is
 * written over rows which later windows see. Both rows' sizes are in bytes; see nn_op.lead. */
uint32_t nn_window_lead(const nn_axis *y, int32_t input_row, int32_t output_row);

#endif
