/* The MPS2 boards as QEMU simulates them, whichever core their FPGA image has: UART0 and a CMSDK
 * timer. Ticks are instructions. */

#include "board.h"
#include "bsp/bsp.h"
#include "bsp/cortex_m/cortex_m.h"
#include "bsp/divide.h"
#include "bsp/mps/timer.h"
#include "bsp/mps/vernier.h"
#include "bsp/uart.h"

#define TIMER_TICKS_PER_US (BOARD_UART_CLOCK_HZ / 1000000u)

static uint32_t timer_last;
static uint64_t timer_total;

void bsp_init(void) {
    TIMER0->reload = UINT32_MAX;
    TIMER0->value = UINT32_MAX;
    TIMER0->control = TIMER_CONTROL_RUN;
    timer_last = UINT32_MAX;

    uart_start();
    cortex_irq_enable();
}

/* The timer stands still meanwhile: with `sleep=off` a running timer would make QEMU jump from one
 * wrap of it to the next, for ever and at full speed. */
void bsp_idle(void) {
    cortex_irq_disable();
    if (!uart_has_received()) {
        TIMER0->control = 0;
        cortex_wait_for_interrupt();
        TIMER0->control = TIMER_CONTROL_RUN;
    }
    cortex_irq_enable();
}

/* The timer counts down; this is how far it has come, wraps included. */
static uint64_t timer_count(void) {
    uint32_t now = TIMER0->value;
    timer_total += timer_last - now;
    timer_last = now;
    return timer_total;
}

/* There is no branch on the data, so a call always takes the same number of instructions. */
__attribute__((noinline)) uint64_t bsp_ticks(void) {
    uint64_t count = timer_count();
    uint32_t sum = VERNIER_READS * timer_last - vernier_sum(&TIMER0->value);
    return vernier_ticks(count, sum);
}

uint64_t bsp_time_us(void) {
    uint32_t remainder;
    return divide_u64(timer_count(), TIMER_TICKS_PER_US, &remainder);
}
