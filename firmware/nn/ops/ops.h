/* The ops that the engine has, each in its own file; nn_all_ops lists them. */
#ifndef NN_OPS_OPS_H
#define NN_OPS_OPS_H

#include "op.h"

extern const nn_op nn_add;
extern const nn_op nn_average_pool_2d;
extern const nn_op nn_conv_2d;
extern const nn_op nn_fully_connected;
extern const nn_op nn_reshape;
extern const nn_op nn_softmax;

#endif
