/* The ops that the engine has, each in its own file; nn_all_ops lists them. */
#ifndef NN_OPS_OPS_H
#define NN_OPS_OPS_H

#include "op.h"

extern const nn_op nn_op_add;
extern const nn_op nn_op_average_pool_2d;
extern const nn_op nn_op_concatenation;
extern const nn_op nn_op_conv_2d;
extern const nn_op nn_op_depthwise_conv_2d;
extern const nn_op nn_op_dequantize;
extern const nn_op nn_op_fully_connected;
extern const nn_op nn_op_logistic;
extern const nn_op nn_op_max_pool_2d;
extern const nn_op nn_op_mean;
extern const nn_op nn_op_mul;
extern const nn_op nn_op_pad;
extern const nn_op nn_op_quantize;
extern const nn_op nn_op_relu;
extern const nn_op nn_op_relu6;
extern const nn_op nn_op_reshape;
extern const nn_op nn_op_softmax;

#endif
