/* The time of the MPS2 boards, stopped where a debugger stops the core: QEMU with `sleep=off` would
 * jump to the timer's next wrap each time. */

#include "bsp/mailbox.h"
#include "bsp/mps/timer.h"

void board_stop_time(bool stop) {
    TIMER0->control = stop ? 0 : TIMER_CONTROL_RUN;
}
