/**
 * cortex_m: the core's own registers and instructions, the same on every board with that core.
 */
#ifndef BSP_CORTEX_M_H
#define BSP_CORTEX_M_H

#include <stdbool.h>
#include <stdint.h>

/* Armv7-M Architecture Reference Manual, B3.2 (System Control Space). */
#define SCB_VTOR (*(volatile uint32_t *)0xE000ED08u)
#define SCB_AIRCR (*(volatile uint32_t *)0xE000ED0Cu)
#define SCB_CCR (*(volatile uint32_t *)0xE000ED14u)
#define SCB_SHCSR (*(volatile uint32_t *)0xE000ED24u)
#define SCB_CFSR (*(volatile uint32_t *)0xE000ED28u)
#define SCB_HFSR (*(volatile uint32_t *)0xE000ED2Cu)
#define SCB_MMFAR (*(volatile uint32_t *)0xE000ED34u)
#define SCB_BFAR (*(volatile uint32_t *)0xE000ED38u)
#define SCB_CCSIDR (*(volatile uint32_t *)0xE000ED80u)
#define SCB_CSSELR (*(volatile uint32_t *)0xE000ED84u)
#define SCB_CPACR (*(volatile uint32_t *)0xE000ED88u)
#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94u)
#define MPU_RNR (*(volatile uint32_t *)0xE000ED98u)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9Cu)
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0u)
#define NVIC_ISER ((volatile uint32_t *)0xE000E100u)
#define DEMCR (*(volatile uint32_t *)0xE000EDFCu)

/* B2.2.7 (cache maintenance operations). */
#define SCB_ICIALLU (*(volatile uint32_t *)0xE000EF50u)
#define SCB_DCISW (*(volatile uint32_t *)0xE000EF60u)

/* C1.8 (Data Watchpoint and Trace); the lock is CoreSight's. */
#define DWT_CTRL (*(volatile uint32_t *)0xE0001000u)
#define DWT_CYCCNT (*(volatile uint32_t *)0xE0001004u)
#define DWT_LAR (*(volatile uint32_t *)0xE0001FB0u)

#define SCB_AIRCR_SYSRESETREQ (0x05FA0000u | (1u << 2))
#define SCB_CCR_DIV_0_TRP (1u << 4)
#define SCB_CCR_DC (1u << 16)
#define SCB_CCR_IC (1u << 17)
#define SCB_SHCSR_FAULTS_ENABLED (7u << 16)
#define SCB_CFSR_STACKING_FAILED ((1u << 4) | (1u << 12))
#define SCB_CFSR_STKOF (1u << 20) /* Armv8-M: beyond the stack's limit */
#define SCB_CPACR_FPU (15u << 20)
#define MPU_CTRL_ENABLE_OVER_DEFAULT_MAP (1u | (1u << 2))

/* MPU_RASR (B3.5.9): a region of 2^bits bytes, and what may be done with it. */
#define MPU_RASR_SIZE(bits) ((((uint32_t)(bits)-1u) << 1) | 1u)
#define MPU_RASR_NO_EXECUTE (1u << 28)
#define MPU_RASR_NO_ACCESS MPU_RASR_NO_EXECUTE
#define MPU_RASR_READ_ONLY (6u << 24)
#define MPU_RASR_READ_WRITE (3u << 24)
#define MPU_RASR_NORMAL_WRITE_THROUGH (2u << 16)
#define MPU_RASR_NORMAL_NOT_CACHED (8u << 16)

/** The MPU region that the start-up code takes for the stack guard; boards use those above. */
#define CORTEX_MPU_STACK_GUARD 0u

/** Called first of all, before RAM is written. A board that needs something done before that
 *  implements it, with neither stack nor variables; the others do nothing. */
void cortex_before_memory(void);

/** An entry of the vector table. */
typedef void (*cortex_vector)(void);

/** The handler for every exception that should not happen: reports a fault. */
void cortex_unexpected(void);

static inline void cortex_barrier(void) {
    __asm volatile("dsb\n\tisb" ::: "memory");
}

static inline void cortex_irq_disable(void) {
    __asm volatile("cpsid i" ::: "memory");
}

static inline void cortex_irq_enable(void) {
    __asm volatile("cpsie i" ::: "memory");
}

/** Lets an interrupt happen; its number counts from the first that is the chip's. */
static inline void cortex_irq_allow(uint32_t irq) {
    NVIC_ISER[irq / 32u] = 1u << irq % 32u;
}

/** Sleeps until an interrupt is pending, also one that is masked. */
static inline void cortex_wait_for_interrupt(void) {
    __asm volatile("dsb\n\twfi" ::: "memory");
}

/** Sets an MPU region; of overlapping regions the one with the greatest number counts. */
static inline void cortex_mpu_region(uint32_t region, uint32_t base, uint32_t rasr) {
    MPU_RNR = region;
    MPU_RBAR = base;
    MPU_RASR = rasr;
    cortex_barrier();
}

/** Invalidates and enables the instruction and the data cache (cache.c). What is already on is left
 *  alone: its contents may be newer than the memory's. */
void cortex_caches_enable(void);

/** Starts the cycle counter from 0, stops it, lets it go on (cycles.c). */
void cortex_cycles_start(void);
void cortex_cycles_pause(void);
void cortex_cycles_resume(void);

/** Cycles since the start, except while paused. The counter has 32 bits: to be called at least
 *  once a wrap of it. From thread mode only. */
uint64_t cortex_cycles(void);

/** Called by ticks.c before and after the core sleeps. A board that shows whether it works
 *  implements it; the others do nothing. */
void board_show_work(bool on);

#endif
