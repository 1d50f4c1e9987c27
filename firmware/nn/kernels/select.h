/* One of two elements, as a condition says. */
#ifndef NN_KERNELS_SELECT_H
#define NN_KERNELS_SELECT_H

#include <stdint.h>

#include "kernels/grid.h"

typedef struct {
    nn_grid condition; /**< where each output's condition is */
    nn_grid chosen;    /**< and its element, if that is true */
    nn_grid other;     /**< if it is not */
    int32_t count;     /**< elements of the output */
    int32_t size;      /**< bytes of an element */
} nn_select_params;

void nn_select(const nn_select_params *params, const uint8_t *condition, const uint8_t *chosen,
               const uint8_t *other, uint8_t *output);

#endif
