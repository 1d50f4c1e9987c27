/* The core's start: vector table, memory, FPU, fault handling and stack bounds. It calls the
 * application; nothing calls it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bsp/bsp.h"
#include "bsp/cortex_m/cortex_m.h"
#include "bsp/cortex_m/stack.h"

/* What the linker script knows; only the addresses count. */
extern uint32_t linker_data_start[];
extern uint32_t linker_data_end[];
extern const uint32_t linker_data_load[];
extern uint32_t linker_hot_start[];
extern uint32_t linker_hot_end[];
extern const uint32_t linker_hot_load[];
extern uint32_t linker_bss_start[];
extern uint32_t linker_bss_end[];

extern int main(void);
_Noreturn void cortex_reset(void);
/* Whether the core could save the registers. Where the stack's limit forbade it, the stack pointer
 * is set to the limit (Armv8-M Architecture Reference Manual, PushStack()). */
static bool is_saved(const uint32_t *frame, uint32_t cfsr) {
    bool failed = (cfsr & SCB_CFSR_STACKING_FAILED) != 0;
    bool over_limit = (cfsr & SCB_CFSR_STKOF) != 0 && frame == linker_stack_start;
    return !failed && !over_limit && frame >= linker_stack_start && frame + 8 <= linker_stack_end;
}

_Noreturn void cortex_report_fault(const uint32_t *frame, uint32_t exception);

#define FAULT_STACK_WORDS 128u

#if __ARM_ARCH < 7 || __ARM_ARCH_PROFILE != 'M' || __ARM_ARCH_ISA_THUMB < 2
#error "bsp/cortex_m is for Armv7-M and Armv8-M with the Main Extension (Cortex-M3 and up, not M23)"
#endif

/* A fault may come from an overflown stack, so it is reported on one that is whole. */
uint32_t cortex_fault_stack[FAULT_STACK_WORDS] __attribute__((aligned(8)));

/* The order of Armv7-M exceptions 1 to 15; the board's interrupts follow in .vectors.irq. */
__attribute__((section(".vectors"), used)) static const cortex_vector vectors[16] = {
    (cortex_vector)(uintptr_t)linker_stack_end,
    cortex_reset,
    cortex_unexpected, /* NMI */
    cortex_unexpected, /* HardFault */
    cortex_unexpected, /* MemManage */
    cortex_unexpected, /* BusFault */
    cortex_unexpected, /* UsageFault */
    NULL,
    NULL,
    NULL,
    NULL,
    cortex_unexpected, /* SVCall */
    cortex_unexpected, /* DebugMonitor */
    NULL,
    cortex_unexpected, /* PendSV */
    cortex_unexpected, /* SysTick */
};

/* The stack is at the start of its RAM; what overflows it must not land in whatever precedes that
 * RAM, which on some boards (and in QEMU) takes writes without a complaint. Armv8-M has a limit for
 * the stack pointer (Armv8-M Architecture Reference Manual, MSPLIM, "Main Stack Pointer Limit
 * Register"); in Armv7-M the MPU stands guard. */
#if __ARM_ARCH >= 8
static void guard_stack(void) {
    __asm volatile("msr msplim, %0" ::"r"(linker_stack_start));
}
#else
#define STACK_GUARD_BITS 16u
#define STACK_GUARD_SIZE (1u << STACK_GUARD_BITS)

static void guard_stack(void) {
    cortex_mpu_region(CORTEX_MPU_STACK_GUARD,
                      (uint32_t)(uintptr_t)linker_stack_start - STACK_GUARD_SIZE,
                      MPU_RASR_NO_ACCESS | MPU_RASR_SIZE(STACK_GUARD_BITS));
    MPU_CTRL = MPU_CTRL_ENABLE_OVER_DEFAULT_MAP;
}
#endif

/* What is already where it belongs may be in flash, which is not written. */
static void copy_words(uint32_t *to, const uint32_t *end, const uint32_t *from) {
    while (to != from && to < end) {
        *to++ = *from++;
    }
}

/* Initialized variables, and the code that runs from RAM on boards where that is faster. */
static void copy_from_flash(void) {
    copy_words(linker_data_start, linker_data_end, linker_data_load);
    copy_words(linker_hot_start, linker_hot_end, linker_hot_load);
    cortex_barrier();
}

static void zero_bss(void) {
    for (uint32_t *word = linker_bss_start; word < linker_bss_end; word++) {
        *word = 0;
    }
}

__attribute__((weak)) void cortex_before_memory(void) {
}

_Noreturn void cortex_reset(void) {
    cortex_before_memory();
    SCB_VTOR = (uint32_t)(uintptr_t)vectors;
    SCB_CPACR |= SCB_CPACR_FPU;
    SCB_SHCSR |= SCB_SHCSR_FAULTS_ENABLED;
    SCB_CCR |= SCB_CCR_DIV_0_TRP;
    guard_stack();
    cortex_barrier();
    cortex_stack_paint();
    copy_from_flash();
    zero_bss();
    (void)main();
    bsp_reset();
}

/* Leaves the interrupted stack before anything is pushed: it may be the one that overflowed. */
__attribute__((naked)) void cortex_unexpected(void) {
    __asm volatile("mov r0, sp\n\t"
                   "mrs r1, ipsr\n\t"
                   "ldr sp, =cortex_fault_stack + %c0\n\t"
                   "b cortex_report_fault\n\t"
                   ".ltorg" ::"i"(FAULT_STACK_WORDS * sizeof(uint32_t)));
}

/* The cause decides, not the exception number: while interrupts are masked every fault arrives as
 * a HardFault, with its cause in CFSR. */
static const char *fault_kind(uint32_t cfsr, uint32_t exception) {
    if ((cfsr & 0xFFFF0000u) != 0) {
        return "usage";
    }
    if ((cfsr & 0x0000FF00u) != 0) {
        return "bus";
    }
    if ((cfsr & 0x000000FFu) != 0) {
        return "memory";
    }
    return exception == 3u ? "hard" : "unexpected";
}

_Noreturn void cortex_report_fault(const uint32_t *frame, uint32_t exception) {
    bsp_fault fault = {
        .kind = fault_kind(SCB_CFSR, exception),
        .cfsr = SCB_CFSR,
        .hfsr = SCB_HFSR,
        .mmfar = SCB_MMFAR,
        .bfar = SCB_BFAR,
    };
    if (is_saved(frame, fault.cfsr)) {
        fault.lr = frame[5];
        fault.pc = frame[6];
    }
    bsp_on_fault(&fault);
}
