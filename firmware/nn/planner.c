/* Greedy planning by size. Blocks that have their place form a list in the order of their offsets,
 * so that finding the lowest gap for another block is mostly one walk along it. */
#include "planner.h"

#include <stdbool.h>

#include "nn.h"

#define UNPLACED UINT16_MAX
#define NONE (UINT16_MAX - 1u)

/* Of equal ones the last, so that a block that another replaces finds that one in its place. */
static uint32_t largest_unplaced(const nn_block *blocks, uint32_t count) {
    uint32_t best = NONE;
    for (uint32_t i = 0; i < count; i++) {
        if (blocks[i].next == UNPLACED && (best == NONE || blocks[i].size >= blocks[best].size)) {
            best = i;
        }
    }
    return best;
}

static bool live_together(const nn_block *a, const nn_block *b) {
    return a->first <= b->last && b->first <= a->last;
}

static uint32_t aligned(uint32_t size) {
    return (size + NN_ALIGNMENT - 1u) & ~(NN_ALIGNMENT - 1u);
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* The bytes of block a that block b must not touch if it lies above a. */
static uint32_t reach(const nn_block *blocks, uint32_t a, uint32_t b) {
    uint32_t size = blocks[a].size;
    return blocks[b].successor == a ? smaller(size, blocks[b].lead) : size;
}

/* A place at `offset` or above where the block is clear of each block of the list, at the time when
 * that is looked at. */
static uint32_t next_gap(const nn_block *blocks, uint32_t head, uint32_t index, uint32_t offset) {
    for (uint32_t i = head; i != NONE; i = blocks[i].next) {
        const nn_block *other = &blocks[i];
        bool fits_below =
            other->offset >= offset && other->offset - offset >= reach(blocks, index, i);
        uint32_t end = other->offset + aligned(reach(blocks, i, index));
        if (live_together(&blocks[index], other) && !fits_below && end > offset) {
            offset = end;
        }
    }
    return offset;
}

/* The lowest place for a block. Moving up, clear of one block, may get it in the way of one that
 * was looked at before, so this goes on until nothing moves it any more. */
static uint32_t lowest_gap(const nn_block *blocks, uint32_t head, uint32_t index) {
    uint32_t offset = 0;
    uint32_t found = next_gap(blocks, head, index, offset);
    while (found != offset) {
        offset = found;
        found = next_gap(blocks, head, index, offset);
    }
    return offset;
}

static void insert(nn_block *blocks, uint16_t *head, uint32_t index) {
    uint16_t *link = head;
    while (*link != NONE && blocks[*link].offset <= blocks[index].offset) {
        link = &blocks[*link].next;
    }
    blocks[index].next = *link;
    *link = (uint16_t)index;
}

uint32_t nn_plan(nn_block *blocks, uint32_t count) {
    uint16_t head = NONE;
    uint32_t span = 0;
    for (uint32_t i = 0; i < count; i++) {
        blocks[i].next = UNPLACED;
    }
    for (uint32_t placed = 0; placed < count; placed++) {
        uint32_t index = largest_unplaced(blocks, count);
        nn_block *block = &blocks[index];
        block->offset = lowest_gap(blocks, head, index);
        if (block->size > INT32_MAX - NN_ALIGNMENT ||
            block->offset > INT32_MAX - NN_ALIGNMENT - block->size) {
            return UINT32_MAX;
        }
        uint32_t end = block->offset + aligned(block->size);
        span = end > span ? end : span;
        insert(blocks, &head, index);
    }
    return span;
}
