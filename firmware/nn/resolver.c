/* The resolver: every op of the engine, or those that the build names; see NN_OPS in nn.mk. */
#include "nn.h"
#include "ops/ops.h"

#ifndef NN_LINKED_OPS
#define NN_LINKED_OPS NN_EVERY_OP
#endif

#define NN_OP(name) &nn_op_##name,
const nn_op *const nn_all_ops[] = {NN_LINKED_OPS NULL};
