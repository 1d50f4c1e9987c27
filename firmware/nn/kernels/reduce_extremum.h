/* The largest or the smallest along any dimensions. */
#ifndef NN_KERNELS_REDUCE_EXTREMUM_H
#define NN_KERNELS_REDUCE_EXTREMUM_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/element.h"
#include "kernels/grid.h"

typedef struct {
    nn_grid outputs; /**< where in the input each output's elements start */
    nn_grid reduced; /**< where they are from there */
    nn_element element;
    bool is_largest;
} nn_reduce_extremum_params;

/** Of int8, uint8, int16 or int32. */
void nn_reduce_extremum(const nn_reduce_extremum_params *params, const uint8_t *input,
                        uint8_t *output);

#endif
