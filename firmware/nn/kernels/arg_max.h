/* Where the largest of some int8 is. */
#ifndef NN_KERNELS_ARG_MAX_H
#define NN_KERNELS_ARG_MAX_H

#include <stdint.h>

typedef struct {
    int32_t outer; /**< elements before the axis */
    int32_t size;  /**< elements along the axis */
    int32_t inner; /**< elements after the axis */
    int32_t words; /**< of an output: 1 for int32, 2 for int64 */
} nn_arg_max_params;

/** The first of several that are the largest. */
void nn_arg_max_s8(const nn_arg_max_params *params, const int8_t *input, int32_t *output);

#endif
