/* Division of 64 bits by 16 in four short steps: the compiler's library takes 750 bytes for it, and
 * nothing in the firmware needs more. */
#ifndef BSP_DIVIDE_H
#define BSP_DIVIDE_H

#include <stdint.h>

/** The quotient of value and divisor, which is from 1 to 65,535; sets the remainder. */
static inline uint64_t divide_u64(uint64_t value, uint32_t divisor, uint32_t *remainder) {
    uint64_t quotient = 0;
    uint32_t rest = 0;
    for (uint32_t step = 0; step < 4u; step++) {
        uint32_t part = rest << 16 | (uint32_t)(value >> 48);
        quotient = quotient << 16 | part / divisor;
        rest = part % divisor;
        value <<= 16;
    }
    *remainder = rest;
    return quotient;
}

#endif
