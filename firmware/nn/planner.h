/* Gives every tensor that lives in the arena its place, so that tensors alive at the same time
 * never overlap: greedy, the largest first, each at the lowest place that is free. */
#ifndef NN_PLANNER_H
#define NN_PLANNER_H

#include <stdint.h>

/** A stretch of memory that is needed from time `first` to time `last`, both included. */
typedef struct {
    uint32_t size;
    uint32_t first;
    uint32_t last;
    uint32_t offset; /**< the planner's answer, a multiple of NN_ALIGNMENT */
    uint32_t next;   /**< for the planner's own use */
} nn_block;

/** Sets the offset of each block; returns the bytes that all span, or UINT32_MAX if those are more
 * than 2 GB (then the offsets mean nothing). No size may be over 2 GB. */
uint32_t nn_plan(nn_block *blocks, uint32_t count);

#endif
