/**
 * vernier: counts of instructions, exact to one, from a counter that takes many for each count.
 *
 * They need QEMU's `-icount shift=0,sleep=off`, where one instruction takes exactly 1 ns; without
 * it the counts follow the host's clock and mean nothing. board.h says how many instructions a
 * count takes.
 */
#ifndef BSP_MPS_VERNIER_H
#define BSP_MPS_VERNIER_H

#include <stdint.h>

#include "board.h"

#define VERNIER_READS BOARD_INSTRUCTIONS_PER_COUNT

/** Sums VERNIER_READS reads of the counter, taken exactly VERNIER_READS + 1 instructions apart. */
static inline uint32_t vernier_sum(const volatile uint32_t *counter) {
    uint32_t sum = 0;
    uint32_t left = VERNIER_READS;
    uint32_t now;
    __asm volatile("1: ldr %[now], [%[counter]]\n\t"
                   "add %[sum], %[sum], %[now]\n\t"
                   ".rept %c[idle]\n\t"
                   "nop\n\t"
                   ".endr\n\t"
                   "subs %[left], %[left], #1\n\t"
                   "bne 1b"
                   : [now] "=&r"(now), [sum] "+&r"(sum), [left] "+&r"(left)
                   : [counter] "r"(counter), [idle] "i"(VERNIER_READS - 3)
                   : "cc", "memory");
    return sum;
}

/** The instructions so far, from a count and the sum of how much further the reads after it were.
 *
 *  With N = VERNIER_READS and T the instructions since the count began, a read k * (N + 1)
 *  instructions later gives floor((T + (N + 1) * k) / N) = k + floor(T / N + k / N); over
 *  k = 0..N-1 the floors add up to floor(N * T / N) = T (Hermite's identity), the k to N(N - 1)
 * / 2.
 */
static inline uint64_t vernier_ticks(uint64_t count, uint32_t sum) {
    return count * VERNIER_READS + sum - VERNIER_READS * (VERNIER_READS - 1u) / 2u;
}

#endif
