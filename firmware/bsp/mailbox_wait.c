/* bsp_uart_wait(), for every board with the mailbox. */

#include "bsp/bsp.h"
#include "bsp/mailbox.h"

/* The host is asked once: what it has to give, it gives at once. */
bool bsp_uart_wait(uint32_t timeout_us) {
    if (ring_is_empty(&bsp_mailbox.received)) {
        mailbox_await_host();
    }
    uint64_t start = bsp_time_us();
    while (ring_is_empty(&bsp_mailbox.received)) {
        if (bsp_time_us() - start >= timeout_us) {
            return false;
        }
    }
    return true;
}
