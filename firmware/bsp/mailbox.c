/* The console in RAM. The core is stopped whenever the host looks, so that neither disturbs the
 * other; it never sleeps, as nothing would wake it. */

#include "bsp/mailbox.h"

#include <stdbool.h>
#include <stddef.h>

#include "app/crc32.h"
#include "bsp/bsp.h"
#include "bsp/uart.h"

mailbox bsp_mailbox;

__attribute__((weak)) void board_stop_time(bool stop) {
    (void)stop;
}

/* Never inlined, and never left out: a breakpoint is set here. */
__attribute__((noinline)) void bsp_mailbox_attend(void) {
    __asm volatile("" ::: "memory");
}

void mailbox_await_host(void) {
    board_stop_time(true);
    bsp_mailbox.crc = crc32(0, (const uint8_t *)&bsp_mailbox, offsetof(mailbox, crc));
    bsp_mailbox_attend();
    board_stop_time(false);
}

void uart_start(void) {
    bsp_mailbox.magic = MAILBOX_MAGIC;
    bsp_mailbox.version = MAILBOX_VERSION;
    bsp_mailbox.length = sizeof bsp_mailbox;
}

/* As long as nobody reads, what is oldest gives way: the newest is there to be read later. */
static void make_room(void) {
    while (ring_is_full(&bsp_mailbox.sent)) {
        if (bsp_mailbox.attended != 0) {
            mailbox_await_host();
        } else {
            (void)ring_pop(&bsp_mailbox.sent);
        }
    }
}

void bsp_uart_write(const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        make_room();
        (void)ring_push(&bsp_mailbox.sent, (uint8_t)data[i]);
    }
    if (size > 0 && data[size - 1u] == '\n') {
        mailbox_await_host();
    }
}

void bsp_uart_flush(void) {
    while (bsp_mailbox.attended != 0 && !ring_is_empty(&bsp_mailbox.sent)) {
        mailbox_await_host();
    }
}

int bsp_uart_read(void) {
    return ring_pop(&bsp_mailbox.received);
}

int bsp_uart_poll(void) {
    mailbox_await_host();
    return bsp_uart_read();
}

bool bsp_uart_overrun(void) {
    return false;
}

/* In place of sleep: see bsp_idle(). */
bool uart_has_received(void) {
    while (ring_is_empty(&bsp_mailbox.received)) {
        mailbox_await_host();
    }
    return true;
}
