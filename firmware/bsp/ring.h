/**
 * ring: bytes from one interrupt handler to one reader, without locks.
 *
 * Only the handler writes head and only the reader writes tail, so neither needs to mask the other.
 */
#ifndef BSP_RING_H
#define BSP_RING_H

#include <stdbool.h>
#include <stdint.h>

/** A power of two, so that the free-running indices wrap cleanly. */
#define RING_SIZE 1024u

typedef struct {
    volatile uint32_t head;
    volatile uint32_t tail;
    volatile uint8_t data[RING_SIZE];
} ring;

static inline bool ring_is_empty(const ring *r) {
    return r->head == r->tail;
}

static inline bool ring_is_full(const ring *r) {
    return r->head - r->tail == RING_SIZE;
}

/** Called by the handler only. False when the ring is full: the byte is lost. */
static inline bool ring_push(ring *r, uint8_t byte) {
    if (ring_is_full(r)) {
        return false;
    }
    uint32_t head = r->head;
    r->data[head % RING_SIZE] = byte;
    r->head = head + 1u;
    return true;
}

/** Called by the reader only. The next byte, or -1. */
static inline int ring_pop(ring *r) {
    uint32_t tail = r->tail;
    if (r->head == tail) {
        return -1;
    }
    int byte = r->data[tail % RING_SIZE];
    r->tail = tail + 1u;
    return byte;
}

#endif
