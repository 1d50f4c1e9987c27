/* The resolver: every op of the engine, or those that the build names; see NN_OPS in nn.mk. */
#include "nn.h"
#include "ops/ops.h"

#ifndef NN_LINKED_OPS
#define NN_LINKED_OPS NN_EVERY_OP
#define NN_LINKED_FLOAT_OPS NN_EVERY_FLOAT_OP
#define NN_LINKED_HYBRID_OPS NN_EVERY_HYBRID_OP
#define NN_LINKED_INT16_OPS NN_EVERY_INT16_OP
#endif

#ifdef NN_LINKED_CUSTOM_OPS
#define NN_CUSTOM_OP(name) extern const nn_op nn_custom_##name;
NN_LINKED_CUSTOM_OPS
#undef NN_CUSTOM_OP
#else
#define NN_LINKED_CUSTOM_OPS
#endif

#define NN_OP(name) &nn_op_##name,
#define NN_CUSTOM_OP(name) &nn_custom_##name,
#if NN_WITH_FLOAT
#define NN_FLOAT_OP(name) &nn_op_##name##_f32,
#else
#define NN_FLOAT_OP(name)
#endif
#if NN_WITH_HYBRID
#define NN_HYBRID_OP(name) &nn_op_##name##_hybrid,
#else
#define NN_HYBRID_OP(name)
#endif
#if NN_WITH_INT16
#define NN_INT16_OP(name) &nn_op_##name##_s16,
#else
#define NN_INT16_OP(name)
#endif
const nn_op *const nn_all_ops[] = {NN_LINKED_OPS NN_LINKED_FLOAT_OPS NN_LINKED_HYBRID_OPS
                                       NN_LINKED_INT16_OPS NN_LINKED_CUSTOM_OPS NULL};
