/* Gives every tensor that lives in the arena its place, so that tensors alive at the same time
 * never overlap, unless one may replace the other: greedy, the largest first, each at the lowest
 * place that is free; but those first that make the whole smaller if they are. */
#ifndef NN_PLANNER_H
#define NN_PLANNER_H

#include <stdbool.h>
#include <stdint.h>

#define NN_NO_BLOCK UINT16_MAX

/** A stretch of memory that is needed from time `first` to time `last`, both included. */
typedef struct {
    uint32_t size;
    uint32_t offset; /**< the planner's answer, a multiple of NN_ALIGNMENT */
    uint16_t first;
    uint16_t last;
    /** The block that replaces this one bit by bit at its last time, or NN_NO_BLOCK. It may overlap
     * this one if it starts `lead` bytes lower at least. */
    uint16_t successor;
    uint16_t next; /**< for the planner's own use */
    uint32_t lead;
    bool is_first; /**< for the planner's own use; false before */
} nn_block;

/** Sets the offset of each block; returns the bytes that all span, or UINT32_MAX if those are more
 * than 2 GB (then the offsets mean nothing). No size may be over 2 GB, and there may be 65,000
 * blocks at most. */
uint32_t nn_plan(nn_block *blocks, uint32_t count);

#endif
