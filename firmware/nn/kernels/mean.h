/* Mean of int8 along any dimensions. */
#ifndef NN_KERNELS_MEAN_H
#define NN_KERNELS_MEAN_H

#include <stdint.h>

#include "kernels/grid.h"

typedef struct {
    nn_grid outputs;    /**< where in the input each output's elements start */
    nn_grid reduced;    /**< where they are from there */
    int32_t offset;     /**< minus the input's zero point, times the number of reduced elements */
    int32_t multiplier; /**< that also divides by that number; see nn_multiply() */
    int32_t shift;
    int32_t output_offset;
} nn_mean_params;

void nn_mean_s8(const nn_mean_params *params, const int8_t *input, int8_t *output);

#endif
