/* Greedy planning by size. Blocks that have their place form a list in the order of their offsets,
 * so that finding the lowest gap for another block is one walk along it. */
#include "planner.h"

#include <stdbool.h>

#include "nn.h"

#define UNPLACED UINT32_MAX
#define NONE (UINT32_MAX - 1u)

static uint32_t largest_unplaced(const nn_block *blocks, uint32_t count) {
    uint32_t best = NONE;
    for (uint32_t i = 0; i < count; i++) {
        if (blocks[i].next == UNPLACED && (best == NONE || blocks[i].size > blocks[best].size)) {
            best = i;
        }
    }
    return best;
}

static bool live_together(const nn_block *a, const nn_block *b) {
    return a->first <= b->last && b->first <= a->last;
}

static uint32_t aligned_end(const nn_block *block) {
    return (block->offset + block->size + NN_ALIGNMENT - 1u) & ~(NN_ALIGNMENT - 1u);
}

static uint32_t lowest_gap(const nn_block *blocks, uint32_t head, const nn_block *block) {
    uint32_t offset = 0;
    for (uint32_t i = head; i != NONE; i = blocks[i].next) {
        const nn_block *other = &blocks[i];
        if (!live_together(block, other)) {
            continue;
        }
        if (other->offset >= offset && other->offset - offset >= block->size) {
            break;
        }
        offset = aligned_end(other) > offset ? aligned_end(other) : offset;
    }
    return offset;
}

static void insert(nn_block *blocks, uint32_t *head, uint32_t index) {
    uint32_t *link = head;
    while (*link != NONE && blocks[*link].offset <= blocks[index].offset) {
        link = &blocks[*link].next;
    }
    blocks[index].next = *link;
    *link = index;
}

uint32_t nn_plan(nn_block *blocks, uint32_t count) {
    uint32_t head = NONE;
    uint32_t span = 0;
    for (uint32_t i = 0; i < count; i++) {
        blocks[i].next = UNPLACED;
    }
    for (uint32_t placed = 0; placed < count; placed++) {
        uint32_t index = largest_unplaced(blocks, count);
        nn_block *block = &blocks[index];
        block->offset = lowest_gap(blocks, head, block);
        if (block->size > INT32_MAX - NN_ALIGNMENT ||
            block->offset > INT32_MAX - NN_ALIGNMENT - block->size) {
            return UINT32_MAX;
        }
        span = aligned_end(block) > span ? aligned_end(block) : span;
        insert(blocks, &head, index);
    }
    return span;
}
