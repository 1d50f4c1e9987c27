/**
 * bsp: what a board gives to the application.
 *
 * One folder beside this header implements it for one board; `bsp.mk` there lists the sources. The
 * application knows nothing else of the hardware. All functions are called from thread mode only,
 * except where noted, and none of them may be called before bsp_init().
 */
#ifndef BSP_BSP_H
#define BSP_BSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Facts of the board that do not change. */
typedef struct {
    const char *core;       /**< e.g. "Cortex-M7" */
    uint32_t core_hz;       /**< core clock */
    const char *ticks_unit; /**< what bsp_ticks() counts: "instructions" or "cycles" */
    uint32_t lane_address;  /**< memory that the host can write directly, for batches of inputs */
    uint32_t lane_size;     /**< its bytes; 0 if the board has none */
} bsp_facts;

extern const bsp_facts bsp_board;

/** Sets up clocks, UART and timer. Memory, FPU and faults are set up before main() by the start-up
 *  code. Interrupts are enabled on return. */
void bsp_init(void);

/** Sends bytes; returns when the last one is with the hardware. May be called in a fault. */
void bsp_uart_write(const char *data, size_t size);

/** Returns when the last byte has left the hardware. May be called in a fault. */
void bsp_uart_flush(void);

/** The next byte received, or -1 when there is none. Never waits. */
int bsp_uart_read(void);

/** Waits for a byte to read, at most so long; true when there is one. */
bool bsp_uart_wait(uint32_t timeout_us);

/** The next byte straight from the hardware, or -1; for faults, where no interrupt is taken. */
int bsp_uart_poll(void);

/** True once after received bytes were lost because nobody read them in time. */
bool bsp_uart_overrun(void);

/** Sleeps until there is something to read. Returns at once if there already is, so no wake-up is
 *  lost between the caller's last look and the sleep. */
void bsp_idle(void);

/** A free-running count in bsp_board.ticks_unit. A call takes ticks itself: always the same number,
 *  so the difference of two calls has a constant offset. Exact only while interrupts are disabled;
 *  must be called, or bsp_time_us(), at least once in 10 s on boards with a 32-bit counter. */
uint64_t bsp_ticks(void);

/** Microseconds since the start. Time may stand still in bsp_idle(). */
uint64_t bsp_time_us(void);

/** Interrupts off and on; not nested. */
void bsp_interrupts_disable(void);
void bsp_interrupts_enable(void);

/** Restarts the whole chip. May be called in a fault. */
_Noreturn void bsp_reset(void);

/** What the processor says about a fault. Registers are 0 where they could not be read. */
typedef struct {
    const char *kind; /**< "usage", "bus", "memory", "hard" or "unexpected" */
    uint32_t pc;      /**< the instruction that failed */
    uint32_t lr;      /**< the return address of the function it is in, or thereabouts */
    uint32_t cfsr;    /**< Configurable Fault Status Register */
    uint32_t hfsr;    /**< HardFault Status Register */
    uint32_t mmfar;   /**< MemManage Fault Address Register */
    uint32_t bfar;    /**< BusFault Address Register */
} bsp_fault;

/** Implemented by the application; called in the exception, on a stack of its own. */
_Noreturn void bsp_on_fault(const bsp_fault *fault);

/** The stack's size and the most of it that was ever used, in bytes. */
uint32_t bsp_stack_size(void);
uint32_t bsp_stack_used(void);

/** Marks the top of the stack, and the most that was used below it since, in bytes. */
void bsp_stack_mark(void);
uint32_t bsp_stack_used_since_mark(void);

#endif
