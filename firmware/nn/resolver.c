/* The resolver with every op of the engine. */
#include "nn.h"
#include "ops/ops.h"

const nn_op *const nn_all_ops[] = {
    &nn_op_add,
    &nn_op_average_pool_2d,
    &nn_op_concatenation,
    &nn_op_conv_2d,
    &nn_op_depthwise_conv_2d,
    &nn_op_dequantize,
    &nn_op_fully_connected,
    &nn_op_logistic,
    &nn_op_max_pool_2d,
    &nn_op_mean,
    &nn_op_mul,
    &nn_op_pad,
    &nn_op_quantize,
    &nn_op_relu,
    &nn_op_relu6,
    &nn_op_reshape,
    &nn_op_softmax,
    NULL,
};
