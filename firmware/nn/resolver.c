/* The resolver with every op of the engine. */
#include "nn.h"
#include "ops/ops.h"

const nn_op *const nn_all_ops[] = {
    &nn_add, &nn_average_pool_2d, &nn_conv_2d, &nn_fully_connected, &nn_reshape, &nn_softmax, NULL,
};
