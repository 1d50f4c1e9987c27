/* Pooling of int8 or uint8: the average or the maximum of each window. */
#ifndef NN_KERNELS_POOL_H
#define NN_KERNELS_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/window.h"

typedef struct {
    nn_axis y;
    nn_axis x;
    int32_t batches;
    int32_t channels;
    int32_t min;
    int32_t max;
    bool is_unsigned; /**< uint8, else int8 */
} nn_pool_params;

/** NHWC; every window must contain at least one input element. */
void nn_average_pool_s8(const nn_pool_params *params, const int8_t *input, int8_t *output);
void nn_max_pool_s8(const nn_pool_params *params, const int8_t *input, int8_t *output);
void nn_average_pool_u8(const nn_pool_params *params, const uint8_t *input, uint8_t *output);
void nn_max_pool_u8(const nn_pool_params *params, const uint8_t *input, uint8_t *output);

#endif
