/* A regular walk through memory: up to NN_GRID_RANK nested loops as one list of positions. */
#ifndef NN_KERNELS_GRID_H
#define NN_KERNELS_GRID_H

#include <stdint.h>

#define NN_GRID_RANK 6

/** Dimension 0 is the innermost loop. */
typedef struct {
    int32_t rank;
    int32_t size[NN_GRID_RANK];
    int32_t stride[NN_GRID_RANK];
} nn_grid;

/** Puts a loop around those that the grid has; merges it with the last where that is the same. */
static inline void nn_grid_wrap(nn_grid *grid, int32_t size, int32_t stride) {
    int32_t last = grid->rank - 1;
    if (last >= 0 && stride == grid->stride[last] * grid->size[last]) {
        grid->size[last] *= size;
        return;
    }
    if (size > 1) {
        grid->size[grid->rank] = size;
        grid->stride[grid->rank] = stride;
        grid->rank++;
    }
}

/** The number of positions. */
static inline int32_t nn_grid_count(const nn_grid *grid) {
    int32_t count = 1;
    for (int32_t d = 0; d < grid->rank; d++) {
        count *= grid->size[d];
    }
    return count;
}

/** A position on the way through a grid; the first is all zeros. */
typedef struct {
    int32_t index[NN_GRID_RANK];
    int32_t offset; /**< where it is in memory */
} nn_walk;

/** Goes on to the next position; from the last one, back to the first. */
static inline void nn_walk_on(nn_walk *walk, const nn_grid *grid) {
    for (int32_t d = 0; d < grid->rank; d++) {
        walk->offset += grid->stride[d];
        walk->index[d]++;
        if (walk->index[d] < grid->size[d]) {
            return;
        }
        walk->offset -= grid->stride[d] * grid->size[d];
        walk->index[d] = 0;
    }
}

/** Position i. */
static inline int32_t nn_grid_at(const nn_grid *grid, int32_t i) {
    int32_t offset = 0;
    for (int32_t d = 0; d < grid->rank; d++) {
        offset += i % grid->size[d] * grid->stride[d];
        i /= grid->size[d];
    }
    return offset;
}

#endif
