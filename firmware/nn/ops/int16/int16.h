/* What the ops of int16 share. */
#ifndef NN_OPS_INT16_INT16_H
#define NN_OPS_INT16_INT16_H

#include "kernels/int16.h"
#include "op.h"

/** Whether inputs 0 up to `inputs` and the output are int16 of one positive scale and a zero point
 * of 0; else nn_fail(). */
bool nn_check_int16(nn_node *node, uint32_t inputs);

/** The range after a fused activation; false (and nn_fail()) if that is not supported. */
bool nn_activation_range_s16(nn_node *node, uint8_t activation, int32_t *min, int32_t *max);

/** Reads a bias for so many output channels; absent, it has as many bits as `bias_type` says, which
 * is an option of the op. False (and nn_fail()) if it is not as that says. */
bool nn_check_bias_s16(nn_node *node, uint32_t input, uint8_t bias_type, int32_t channels,
                       int32_t *is_32_bit);

/** The same one for the kernel. */
nn_bias nn_bias_s16(const nn_node *node, uint32_t input, int32_t is_32_bit);

#endif
