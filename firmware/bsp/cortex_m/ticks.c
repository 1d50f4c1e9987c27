/* Ticks, time and sleep of a board that tells time by the core's cycle counter. */

#include "bsp/bsp.h"
#include "bsp/cortex_m/cortex_m.h"
#include "bsp/divide.h"
#include "bsp/uart.h"

__attribute__((weak)) void board_show_work(bool on) {
    (void)on;
}

/* Whether the counter counts while the core sleeps depends on whether a debugger is attached; it is
 * stopped, so that it never does. */
void bsp_idle(void) {
    cortex_irq_disable();
    if (!uart_has_received()) {
        board_show_work(false);
        cortex_cycles_pause();
        cortex_wait_for_interrupt();
        cortex_cycles_resume();
        board_show_work(true);
    }
    cortex_irq_enable();
}

__attribute__((noinline)) uint64_t bsp_ticks(void) {
    return cortex_cycles();
}

uint64_t bsp_time_us(void) {
    uint32_t remainder;
    return divide_u64(cortex_cycles(), bsp_board.core_hz / 1000000u, &remainder);
}
