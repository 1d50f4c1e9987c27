/* Products of matrices, a batch of them. */
#ifndef NN_KERNELS_BATCH_MATMUL_H
#define NN_KERNELS_BATCH_MATMUL_H

#include <stdint.h>

#include "kernels/grid.h"

/** An input's matrices: where each starts, and the way from an element to the next. */
typedef struct {
    nn_grid batch;  /**< of one matrix for each of the output, that may be the same one */
    int32_t across; /**< from one row of a, or column of b, to the next */
    int32_t along;  /**< from one element of that to the next */
} nn_matrices;

typedef struct {
    nn_matrices a;
    nn_matrices b;
    int32_t batches;
    int32_t rows;
    int32_t columns;
    int32_t depth; /**< columns of a, rows of b */
} nn_batch_matmul_shape;

typedef struct {
    int32_t a_offset; /**< minus the zero point */
    int32_t b_offset;
    int32_t output_offset;
    int32_t multiplier; /**< see nn_multiply() */
    int32_t shift;
} nn_batch_matmul_scale;

void nn_batch_matmul_s8(const nn_batch_matmul_shape *shape, const nn_batch_matmul_scale *scale,
                        const int8_t *a, const int8_t *b, int8_t *output);

void nn_batch_matmul_f32(const nn_batch_matmul_shape *shape, const float *a, const float *b,
                         float *output);

#endif
