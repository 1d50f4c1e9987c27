/* What the ops of float32 share. */
#ifndef NN_OPS_FLOAT_FLOAT_H
#define NN_OPS_FLOAT_FLOAT_H

#include "kernels/float.h"
#include "op.h"

/** Whether inputs 0 up to `inputs` that the node has, and its output, are float32. */
bool nn_check_float(nn_node *node, uint32_t inputs);

/** The range after a fused activation; false (and nn_fail()) if that is not supported. */
bool nn_activation_range_f32(nn_node *node, uint8_t activation, nn_range_f32 *range);

#endif
