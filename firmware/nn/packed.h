/* Weights of 4 bits, two in a byte. Ops never see them: to those that take such weights (see op.h)
 * they are int8, and lie as such in the op's scratch memory, in front of its own, while it runs. */
#ifndef NN_PACKED_H
#define NN_PACKED_H

#include "interpreter.h"
#include "op.h"
#include "state.h"

/** The input of an op that may be weights. */
#define NN_WEIGHTS 1u

/** Bytes in which the weights of an op, if they are packed, lie unpacked; else 0. The op need not
 * be one that takes weights. */
uint32_t nn_unpacked_size(const nn_interpreter *interpreter, const nn_vector *inputs);

/** Unpacks the weights of an op into its scratch memory, if they are packed; returns where the op's
 * own starts. */
void *nn_unpack_weights(nn_interpreter *interpreter, const nn_record *record);

#endif
