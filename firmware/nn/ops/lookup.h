/* What the ops share that are a function of one int8, or one uint8: a table of its results, made at
 * set-up. */
#ifndef NN_OPS_LOOKUP_H
#define NN_OPS_LOOKUP_H

#include "op.h"

typedef struct {
    int32_t count;
    uint8_t table[256]; /**< see nn_lookup_8() */
} nn_lookup_params;

uint32_t nn_lookup_size(const nn_node *node);

/** Reads and checks the only input and the only output, which are int8, or uint8 if the op has
 * that; fills the count, but not the table. */
bool nn_prepare_lookup(nn_node *node, bool has_uint8, nn_model_tensor *input,
                       nn_model_tensor *output);

/** Sets the result for a value of the input, saturated to the output's type. */
void nn_set_result(nn_lookup_params *params, const nn_tensor *output, int32_t value,
                   int32_t result);

/** Fills the table in single precision: LUTPopulateInt8 of tflite/kernels/internal/common.h. */
void nn_tabulate(nn_lookup_params *params, const nn_tensor *input, const nn_tensor *output,
                 float (*function)(float));

void nn_invoke_lookup(const nn_node *node);

#endif
