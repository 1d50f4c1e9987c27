/* Kernels that only move bytes. */
#ifndef NN_KERNELS_COPY_H
#define NN_KERNELS_COPY_H

#include <stdint.h>

#include "kernels/grid.h"

/** Runs of consecutive bytes that lie at regular places; all numbers are bytes. */
typedef struct {
    nn_grid grid;   /**< where each run is, less `origin` */
    int32_t origin; /**< where the first one is */
    int32_t run;    /**< of a run */
} nn_runs;

/** Puts a loop around runs; those that follow one upon the other become one longer run. */
static inline void nn_runs_wrap(nn_runs *runs, int32_t size, int32_t stride) {
    if (runs->grid.rank == 0 && (stride == runs->run || size == 1)) {
        runs->run *= size;
    } else {
        nn_grid_wrap(&runs->grid, size, stride);
    }
}

/** Writes the runs of the input one after the other. */
void nn_gather(const nn_runs *runs, const uint8_t *input, uint8_t *output);

/** Fills the output's `bytes` with a value of `size` bytes, then spreads the input over the runs.
 */
void nn_pad(const nn_runs *runs, const uint8_t *input, const uint8_t *value, int32_t size,
            uint8_t *output, int32_t bytes);

/** Copies `rows` pieces of `bytes`, which lie `input_stride` and `output_stride` apart. */
void nn_copy_rows(const uint8_t *input, int32_t input_stride, uint8_t *output,
                  int32_t output_stride, int32_t rows, int32_t bytes);

#endif
