/* Constant numbers among an op's inputs, int32 or int64: sizes, amounts, axes. */
#ifndef NN_OPS_LIST_H
#define NN_OPS_LIST_H

#include "op.h"

/** Whether a tensor is a constant of so many int32 or int64. */
bool nn_is_list(const nn_tensor *tensor, int32_t count);

/** Number i of one for which nn_is_list() holds. */
int64_t nn_list_at(const nn_tensor *list, int32_t i);

/** The axis that a constant of one number tells, counted from the front; less than 0 if it is out
 * of range or not a constant. */
int32_t nn_axis_of(const nn_tensor *axis, int32_t rank);

#endif
