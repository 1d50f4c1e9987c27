/* Greedy planning by size, over and over again: each block in turn is placed before those that are
 * larger, and stays among the first if all then span less. Blocks that have their place form a list
 * in the order of their offsets, so that finding the lowest gap for another block is mostly one
 * walk along it. */
#include "planner.h"

#include "nn.h"

#define UNPLACED UINT16_MAX
#define NONE (UINT16_MAX - 1u)

/* So many pairs of blocks are looked at, about, while others are tried first: all that models of
 * 160 blocks have, half a second on a microcontroller. Of larger models not every block is tried.
 */
enum { MOST_PAIRS = 1 << 22 };

static uint32_t weight(const nn_block *block) {
    return block->is_first ? UINT32_MAX : block->size;
}

/* The heaviest. Of equal ones the last, so that a block that another replaces finds that one in its
 * place. */
static uint32_t next_unplaced(const nn_block *blocks, uint32_t count) {
    uint32_t best = 0;
    uint32_t heaviest = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (blocks[i].next == UNPLACED && weight(&blocks[i]) >= heaviest) {
            best = i;
            heaviest = weight(&blocks[i]);
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
    uint32_t offset;
    uint32_t found = 0;
    do {
        offset = found;
        found = next_gap(blocks, head, index, offset);
    } while (found != offset);
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

static uint32_t place_all(nn_block *blocks, uint32_t count) {
    uint16_t head = NONE;
    uint32_t span = 0;
    for (uint32_t i = 0; i < count; i++) {
        blocks[i].next = UNPLACED;
    }
    for (uint32_t placed = 0; placed < count; placed++) {
        uint32_t index = next_unplaced(blocks, count);
        nn_block *block = &blocks[index];
        block->offset = lowest_gap(blocks, head, index);
        uint32_t end = block->offset + aligned(block->size);
        if ((block->size | end) > INT32_MAX) {
            return UINT32_MAX;
        }
        span = end > span ? end : span;
        insert(blocks, &head, index);
    }
    return span;
}

uint32_t nn_plan(nn_block *blocks, uint32_t count) {
    uint32_t least = place_all(blocks, count);
    for (uint32_t i = 0; i < count && (i + 1) * count * count < MOST_PAIRS; i++) {
        blocks[i].is_first = true;
        uint32_t span = place_all(blocks, count);
        blocks[i].is_first = span < least;
        least = smaller(span, least);
    }
    return place_all(blocks, count);
}
