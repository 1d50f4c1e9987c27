/**
 * await: waits for the hardware that end.
 */
#ifndef BSP_STM32_AWAIT_H
#define BSP_STM32_AWAIT_H

#include <stdbool.h>
#include <stdint.h>

/** How often a register is read before the hardware is given up: about 0.1 s at the least, where
 *  nothing that is waited for takes more than a few ms. */
#define STM32_PATIENCE 1000000u

/** Waits until the bits of the mask have the value; false if they do not get it. Always inlined: it
 *  is also used before there is a stack. */
__attribute__((always_inline)) static inline bool stm32_await(const volatile uint32_t *reg,
                                                              uint32_t mask, uint32_t value) {
    for (uint32_t i = 0; i < STM32_PATIENCE; i++) {
        if ((*reg & mask) == value) {
            return true;
        }
    }
    return false;
}

#endif
