/**
 * stack: how much of it was used. What is free is painted; a later look finds what changed.
 */
#ifndef BSP_CORTEX_M_STACK_H
#define BSP_CORTEX_M_STACK_H

#include <stdint.h>

#define STACK_PAINT 0xC5C5C5C5u

/** Its ends, from the linker script; only the addresses count. */
extern uint32_t linker_stack_start[];
extern uint32_t linker_stack_end[];

/** Paints everything below the stack pointer. Inline: a function of its own would need some of it.
 */
static inline void cortex_stack_paint(void) {
    const uint32_t *stack_pointer;
    __asm volatile("mov %0, sp" : "=r"(stack_pointer));
    for (volatile uint32_t *word = linker_stack_start; word < stack_pointer; word++) {
        *word = STACK_PAINT;
    }
}

#endif
