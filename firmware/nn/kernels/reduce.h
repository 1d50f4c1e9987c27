/* Sums and means of int8 or uint8 along any dimensions. */
#ifndef NN_KERNELS_REDUCE_H
#define NN_KERNELS_REDUCE_H

#include <stdint.h>

#include "kernels/grid.h"

typedef struct {
    nn_grid outputs;    /**< where in the input each output's elements start */
    nn_grid reduced;    /**< where they are from there */
    uint8_t flip;       /**< 0x80 to read int8 as uint8 that are 128 more; else 0 */
    int32_t offset;     /**< minus what stands for 0, times the number of reduced elements */
    int32_t multiplier; /**< of a mean: divides by that number, too; see nn_multiply() */
    int32_t shift;
    int32_t output_offset;
    int32_t min;
    int32_t max;
} nn_reduce_params;

void nn_reduce_8(const nn_reduce_params *params, const uint8_t *input, uint8_t *output);

#endif
