/* Where the largest or the smallest is. */
#ifndef NN_KERNELS_ARG_MAX_H
#define NN_KERNELS_ARG_MAX_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/element.h"

typedef struct {
    int32_t outer; /**< elements before the axis */
    int32_t size;  /**< elements along the axis */
    int32_t inner; /**< elements after the axis */
    int32_t words; /**< of an output: 1 for int32, 2 for int64 */
    bool is_largest;
    nn_element element; /**< of integers */
} nn_arg_max_params;

/** The first of several that are the largest or the smallest. */
void nn_arg_max(const nn_arg_max_params *params, const uint8_t *input, int32_t *output);
void nn_arg_max_f32(const nn_arg_max_params *params, const float *input, int32_t *output);

#endif
