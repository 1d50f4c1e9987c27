/* What the ops of float32 share that are a function of one number, element by element. */
#ifndef NN_OPS_FLOAT_MAP_H
#define NN_OPS_FLOAT_MAP_H

#include "op.h"

uint32_t nn_map_size(const nn_node *node);

bool nn_prepare_map(nn_node *node);

/** Invokes the node with a function. */
void nn_map(const nn_node *node, float (*function)(float));

#endif
