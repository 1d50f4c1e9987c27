/**
 * cortex_m7: the core's own registers and instructions, the same on every Cortex-M7 board.
 */
#ifndef BSP_CORTEX_M7_H
#define BSP_CORTEX_M7_H

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
#define SCB_CPACR (*(volatile uint32_t *)0xE000ED88u)
#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94u)
#define MPU_RNR (*(volatile uint32_t *)0xE000ED98u)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9Cu)
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0u)
#define NVIC_ISER0 (*(volatile uint32_t *)0xE000E100u)

#define SCB_AIRCR_SYSRESETREQ (0x05FA0000u | (1u << 2))
#define SCB_CCR_DIV_0_TRP (1u << 4)
#define SCB_SHCSR_FAULTS_ENABLED (7u << 16)
#define SCB_CPACR_FPU (15u << 20)
#define MPU_CTRL_ENABLE_OVER_DEFAULT_MAP (1u | (1u << 2))
#define MPU_RASR_NO_ACCESS_64K ((1u << 28) | (15u << 1) | 1u)

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

/** Sleeps until an interrupt is pending, also one that is masked. */
static inline void cortex_wait_for_interrupt(void) {
    __asm volatile("dsb\n\twfi" ::: "memory");
}

#endif
