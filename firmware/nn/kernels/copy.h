/* Kernels that only move bytes. */
#ifndef NN_KERNELS_COPY_H
#define NN_KERNELS_COPY_H

#include <stdint.h>

#include "kernels/grid.h"

typedef struct {
    nn_grid rows;    /**< where each row of the input starts in the output, less `origin` */
    int32_t origin;  /**< where the first one starts */
    int32_t row;     /**< bytes of a row */
    int32_t bytes;   /**< of the output */
    int32_t padding; /**< the value around the rows */
} nn_pad_params;

void nn_pad_8(const nn_pad_params *params, const uint8_t *input, uint8_t *output);

/** Copies `rows` pieces of `bytes`, one after the other in the input, `stride` apart in the output.
 */
void nn_copy_rows(const uint8_t *input, uint8_t *output, int32_t rows, int32_t bytes,
                  int32_t stride);

#endif
