/* The ops that the engine has, each in its own file. */
#ifndef NN_OPS_OPS_H
#define NN_OPS_OPS_H

#include "op.h"

/** nn_op_NAME for each NAME here, which is its name in the schema in small letters. nn.mk reads the
 * names too. */
#define NN_EVERY_OP                                                                                \
    NN_OP(abs)                                                                                     \
    NN_OP(add)                                                                                     \
    NN_OP(arg_max)                                                                                 \
    NN_OP(arg_min)                                                                                 \
    NN_OP(assign_variable)                                                                         \
    NN_OP(average_pool_2d)                                                                         \
    NN_OP(batch_matmul)                                                                            \
    NN_OP(batch_to_space_nd)                                                                       \
    NN_OP(broadcast_to)                                                                            \
    NN_OP(call_once)                                                                               \
    NN_OP(cast)                                                                                    \
    NN_OP(concatenation)                                                                           \
    NN_OP(conv_2d)                                                                                 \
    NN_OP(cos)                                                                                     \
    NN_OP(depth_to_space)                                                                          \
    NN_OP(depthwise_conv_2d)                                                                       \
    NN_OP(dequantize)                                                                              \
    NN_OP(div)                                                                                     \
    NN_OP(elu)                                                                                     \
    NN_OP(equal)                                                                                   \
    NN_OP(exp)                                                                                     \
    NN_OP(expand_dims)                                                                             \
    NN_OP(fill)                                                                                    \
    NN_OP(floor)                                                                                   \
    NN_OP(fully_connected)                                                                         \
    NN_OP(gather)                                                                                  \
    NN_OP(gelu)                                                                                    \
    NN_OP(greater)                                                                                 \
    NN_OP(greater_equal)                                                                           \
    NN_OP(hard_swish)                                                                              \
    NN_OP(l2_normalization)                                                                        \
    NN_OP(leaky_relu)                                                                              \
    NN_OP(less)                                                                                    \
    NN_OP(less_equal)                                                                              \
    NN_OP(log)                                                                                     \
    NN_OP(log_softmax)                                                                             \
    NN_OP(logical_and)                                                                             \
    NN_OP(logical_not)                                                                             \
    NN_OP(logical_or)                                                                              \
    NN_OP(logistic)                                                                                \
    NN_OP(max_pool_2d)                                                                             \
    NN_OP(maximum)                                                                                 \
    NN_OP(mean)                                                                                    \
    NN_OP(minimum)                                                                                 \
    NN_OP(mirror_pad)                                                                              \
    NN_OP(mul)                                                                                     \
    NN_OP(neg)                                                                                     \
    NN_OP(not_equal)                                                                               \
    NN_OP(pack)                                                                                    \
    NN_OP(pad)                                                                                     \
    NN_OP(padv2)                                                                                   \
    NN_OP(pow)                                                                                     \
    NN_OP(prelu)                                                                                   \
    NN_OP(quantize)                                                                                \
    NN_OP(read_variable)                                                                           \
    NN_OP(reduce_all)                                                                              \
    NN_OP(reduce_any)                                                                              \
    NN_OP(reduce_max)                                                                              \
    NN_OP(reduce_min)                                                                              \
    NN_OP(reduce_prod)                                                                             \
    NN_OP(relu)                                                                                    \
    NN_OP(relu6)                                                                                   \
    NN_OP(relu_n1_to_1)                                                                            \
    NN_OP(reshape)                                                                                 \
    NN_OP(resize_bilinear)                                                                         \
    NN_OP(resize_nearest_neighbor)                                                                 \
    NN_OP(reverse_v2)                                                                              \
    NN_OP(rsqrt)                                                                                   \
    NN_OP(select)                                                                                  \
    NN_OP(select_v2)                                                                               \
    NN_OP(shape)                                                                                   \
    NN_OP(sin)                                                                                     \
    NN_OP(slice)                                                                                   \
    NN_OP(softmax)                                                                                 \
    NN_OP(space_to_batch_nd)                                                                       \
    NN_OP(space_to_depth)                                                                          \
    NN_OP(split)                                                                                   \
    NN_OP(split_v)                                                                                 \
    NN_OP(sqrt)                                                                                    \
    NN_OP(square)                                                                                  \
    NN_OP(squared_difference)                                                                      \
    NN_OP(squeeze)                                                                                 \
    NN_OP(strided_slice)                                                                           \
    NN_OP(sub)                                                                                     \
    NN_OP(sum)                                                                                     \
    NN_OP(svdf)                                                                                    \
    NN_OP(tanh)                                                                                    \
    NN_OP(tflite_detection_postprocess)                                                            \
    NN_OP(tflm_decode)                                                                             \
    NN_OP(tile)                                                                                    \
    NN_OP(transpose)                                                                               \
    NN_OP(transpose_conv)                                                                          \
    NN_OP(unidirectional_sequence_lstm)                                                            \
    NN_OP(unpack)                                                                                  \
    NN_OP(var_handle)

/** nn_op_NAME_f32 for each NAME here. */
#define NN_EVERY_FLOAT_OP                                                                          \
    NN_FLOAT_OP(abs)                                                                               \
    NN_FLOAT_OP(add)                                                                               \
    NN_FLOAT_OP(arg_max)                                                                           \
    NN_FLOAT_OP(arg_min)                                                                           \
    NN_FLOAT_OP(average_pool_2d)                                                                   \
    NN_FLOAT_OP(batch_matmul)                                                                      \
    NN_FLOAT_OP(conv_2d)                                                                           \
    NN_FLOAT_OP(depthwise_conv_2d)                                                                 \
    NN_FLOAT_OP(div)                                                                               \
    NN_FLOAT_OP(elu)                                                                               \
    NN_FLOAT_OP(equal)                                                                             \
    NN_FLOAT_OP(exp)                                                                               \
    NN_FLOAT_OP(fully_connected)                                                                   \
    NN_FLOAT_OP(gelu)                                                                              \
    NN_FLOAT_OP(greater)                                                                           \
    NN_FLOAT_OP(greater_equal)                                                                     \
    NN_FLOAT_OP(hard_swish)                                                                        \
    NN_FLOAT_OP(l2_normalization)                                                                  \
    NN_FLOAT_OP(leaky_relu)                                                                        \
    NN_FLOAT_OP(less)                                                                              \
    NN_FLOAT_OP(less_equal)                                                                        \
    NN_FLOAT_OP(log)                                                                               \
    NN_FLOAT_OP(log_softmax)                                                                       \
    NN_FLOAT_OP(logistic)                                                                          \
    NN_FLOAT_OP(max_pool_2d)                                                                       \
    NN_FLOAT_OP(maximum)                                                                           \
    NN_FLOAT_OP(mean)                                                                              \
    NN_FLOAT_OP(minimum)                                                                           \
    NN_FLOAT_OP(mul)                                                                               \
    NN_FLOAT_OP(neg)                                                                               \
    NN_FLOAT_OP(not_equal)                                                                         \
    NN_FLOAT_OP(prelu)                                                                             \
    NN_FLOAT_OP(reduce_max)                                                                        \
    NN_FLOAT_OP(reduce_min)                                                                        \
    NN_FLOAT_OP(relu)                                                                              \
    NN_FLOAT_OP(relu6)                                                                             \
    NN_FLOAT_OP(relu_n1_to_1)                                                                      \
    NN_FLOAT_OP(resize_bilinear)                                                                   \
    NN_FLOAT_OP(rsqrt)                                                                             \
    NN_FLOAT_OP(softmax)                                                                           \
    NN_FLOAT_OP(sqrt)                                                                              \
    NN_FLOAT_OP(squared_difference)                                                                \
    NN_FLOAT_OP(sub)                                                                               \
    NN_FLOAT_OP(sum)                                                                               \
    NN_FLOAT_OP(svdf)                                                                              \
    NN_FLOAT_OP(tanh)                                                                              \
    NN_FLOAT_OP(unidirectional_sequence_lstm)

/** nn_op_NAME_hybrid for each NAME here. */
#define NN_EVERY_HYBRID_OP                                                                         \
    NN_HYBRID_OP(conv_2d)                                                                          \
    NN_HYBRID_OP(depthwise_conv_2d)                                                                \
    NN_HYBRID_OP(fully_connected)

/** nn_op_NAME_s16 for each NAME here. */
#define NN_EVERY_INT16_OP                                                                          \
    NN_INT16_OP(add)                                                                               \
    NN_INT16_OP(average_pool_2d)                                                                   \
    NN_INT16_OP(conv_2d)                                                                           \
    NN_INT16_OP(depthwise_conv_2d)                                                                 \
    NN_INT16_OP(fully_connected)                                                                   \
    NN_INT16_OP(leaky_relu)                                                                        \
    NN_INT16_OP(logistic)                                                                          \
    NN_INT16_OP(max_pool_2d)                                                                       \
    NN_INT16_OP(mean)                                                                              \
    NN_INT16_OP(mul)                                                                               \
    NN_INT16_OP(relu)                                                                              \
    NN_INT16_OP(relu6)                                                                             \
    NN_INT16_OP(softmax)                                                                           \
    NN_INT16_OP(sub)                                                                               \
    NN_INT16_OP(tanh)

#define NN_OP(name) extern const nn_op nn_op_##name;
#define NN_FLOAT_OP(name) extern const nn_op nn_op_##name##_f32;
#define NN_HYBRID_OP(name) extern const nn_op nn_op_##name##_hybrid;
#define NN_INT16_OP(name) extern const nn_op nn_op_##name##_s16;
NN_EVERY_OP
NN_EVERY_FLOAT_OP
NN_EVERY_HYBRID_OP
NN_EVERY_INT16_OP
#undef NN_OP
#undef NN_FLOAT_OP
#undef NN_HYBRID_OP
#undef NN_INT16_OP

#endif
