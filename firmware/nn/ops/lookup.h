/* What the ops share that are a function of one int8: a table of its results, made at set-up. */
#ifndef NN_OPS_LOOKUP_H
#define NN_OPS_LOOKUP_H

#include "op.h"

typedef struct {
    int32_t count;
    int8_t table[256]; /**< the result for -128 first */
} nn_lookup_params;

uint32_t nn_lookup_size(const nn_node *node);

/** Reads and checks the only input and the only output; fills the count, but not the table. */
bool nn_prepare_lookup(nn_node *node, nn_model_tensor *input, nn_model_tensor *output);

/** Sets the result for an int8, saturated. */
void nn_set_result(nn_lookup_params *params, int32_t value, int32_t result);

void nn_invoke_lookup(const nn_node *node);

#endif
