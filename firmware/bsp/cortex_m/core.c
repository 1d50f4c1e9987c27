/* What the core gives to the application: interrupts, reset, and how much of the stack was used. */

#include <stdint.h>

#include "bsp/bsp.h"
#include "bsp/cortex_m/cortex_m.h"
#include "bsp/cortex_m/stack.h"

void bsp_interrupts_disable(void) {
    cortex_irq_disable();
}

void bsp_interrupts_enable(void) {
    cortex_irq_enable();
}

_Noreturn void bsp_reset(void) {
    bsp_uart_flush();
    SCB_AIRCR = SCB_AIRCR_SYSRESETREQ;
    for (;;) {
        cortex_barrier();
    }
}

uint32_t bsp_stack_size(void) {
    return (uint32_t)((uintptr_t)linker_stack_end - (uintptr_t)linker_stack_start);
}

/* The bytes from the lowest word that was used up to a place. */
static uint32_t used_below(const uint32_t *end) {
    const volatile uint32_t *word = linker_stack_start;
    while (word < end && *word == STACK_PAINT) {
        word++;
    }
    return (uint32_t)((uintptr_t)end - (uintptr_t)word);
}

static uint32_t most_before_mark;
static const uint32_t *mark;

uint32_t bsp_stack_used(void) {
    uint32_t used = used_below(linker_stack_end);
    return used > most_before_mark ? used : most_before_mark;
}

void bsp_stack_mark(void) {
    most_before_mark = bsp_stack_used();
    mark = __builtin_dwarf_cfa(); /* the caller's stack pointer */
    cortex_stack_paint();
}

uint32_t bsp_stack_used_since_mark(void) {
    return used_below(mark);
}
