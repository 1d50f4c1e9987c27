/* The report of a fault, and the command that provokes one so that the report can be tested. */

#include <stdbool.h>
#include <string.h>

#include "app/commands.h"
#include "app/text.h"
#include "bsp/bsp.h"

static void print_register(const char *name, uint32_t value) {
    text(name);
    text_hex32(value);
}

/* The program's state is unknown: nothing but a reset is safe. It may be asked for any number of
 * times, so whatever came before it does not count. */
static _Noreturn void await_reset(void) {
    static const char wanted[] = "reset%";
    uint32_t matched = 0;
    while (wanted[matched] != '\0') {
        int byte = bsp_uart_poll();
        if (byte < 0) {
            continue;
        }
        if (byte != wanted[matched]) {
            matched = 0;
        }
        matched += byte == wanted[matched] ? 1u : 0u;
    }
    bsp_reset();
}

_Noreturn void bsp_on_fault(const bsp_fault *fault) {
    text_line("");
    text("e-fault-[");
    text(fault->kind);
    print_register(" pc=0x", fault->pc);
    print_register(" lr=0x", fault->lr);
    print_register(" cfsr=0x", fault->cfsr);
    print_register(" hfsr=0x", fault->hfsr);
    print_register(" mmfar=0x", fault->mmfar);
    print_register(" bfar=0x", fault->bfar);
    text_line("]");
    await_reset();
}

/* Not inlined and not static: the report of a fault in one of them names it. */
void fault_undefined_instruction(void);
void fault_unmapped_address(void);
void fault_divide_by_zero(void);

__attribute__((noinline)) void fault_undefined_instruction(void) {
    __asm volatile("udf #0");
}

/* In the peripheral region, where no supported board has anything; loads there are never
 * speculated or buffered, so the fault is precise. */
__attribute__((noinline)) void fault_unmapped_address(void) {
    (void)*(volatile const uint32_t *)0x5F000000u;
}

__attribute__((noinline)) void fault_divide_by_zero(void) {
    uint32_t quotient;
    __asm volatile("udiv %0, %1, %2" : "=r"(quotient) : "r"(1u), "r"(0u));
}

void command_fault(const parse_words *words) {
    const char *kind = words->word[1];
    if (strcmp(kind, "udf") == 0) {
        fault_undefined_instruction();
    } else if (strcmp(kind, "bus") == 0) {
        fault_unmapped_address();
    } else if (strcmp(kind, "div") == 0) {
        fault_divide_by_zero();
    }
    text_error("No such fault");
}
