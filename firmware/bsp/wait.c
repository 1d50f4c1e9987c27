/* bsp_uart_wait(), for every board whose UART's handler keeps what it received in memory. */

#include "bsp/bsp.h"
#include "bsp/uart.h"

/* Spins instead of sleeping: a simulator jumps over the time in which a machine sleeps (QEMU with
 * `sleep=off` to its next timer), and the time-out would be over before the host could send
 * anything. Spinning, a simulated second costs the host about a second. The bytes are in memory, so
 * the inner loop is cheap there; reading a timer is not. */
bool bsp_uart_wait(uint32_t timeout_us) {
    uint64_t start = bsp_time_us();
    while (bsp_time_us() - start < timeout_us) {
        for (uint32_t spin = 0; spin < 10000u; spin++) {
            if (uart_has_received()) {
                return true;
            }
        }
    }
    return false;
}
