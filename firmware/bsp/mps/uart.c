/* The console on the CMSDK UART (Arm DDI 0479, CMSDK, 4.3, APB UART) of MPS2 and MPS3 boards;
 * board.h says where it is. */

#include "bsp/uart.h"

#include "board.h"
#include "bsp/bsp.h"
#include "bsp/cortex_m/cortex_m.h"
#include "bsp/ring.h"

typedef struct {
    uint32_t data;
    uint32_t state;
    uint32_t control;
    uint32_t interrupt; /* write 1 to clear */
    uint32_t divider;
} cmsdk_uart;

#define UART ((volatile cmsdk_uart *)BOARD_UART_ADDRESS)

enum { UART_STATE_TX_FULL = 1, UART_STATE_RX_FULL = 2 };
enum { UART_CONTROL_TX = 1, UART_CONTROL_RX = 2, UART_CONTROL_RX_INTERRUPT = 8 };
enum { UART_INTERRUPT_RX = 2 };

#define UART_BAUD 115200u

static ring received;
static volatile bool overrun;

__attribute__((section(".vectors.irq"), used)) static const cortex_vector irq_vectors[] = {
    [BOARD_UART_IRQ] = uart_handler,
};

void uart_start(void) {
    UART->divider = BOARD_UART_CLOCK_HZ / UART_BAUD;
    UART->control = UART_CONTROL_TX | UART_CONTROL_RX | UART_CONTROL_RX_INTERRUPT;
    cortex_irq_allow(BOARD_UART_IRQ);
}

void uart_handler(void) {
    UART->interrupt = UART_INTERRUPT_RX;
    while ((UART->state & UART_STATE_RX_FULL) != 0) {
        if (!ring_push(&received, (uint8_t)UART->data)) {
            overrun = true;
        }
    }
}

bool uart_has_received(void) {
    return !ring_is_empty(&received);
}

void bsp_uart_flush(void) {
    while ((UART->state & UART_STATE_TX_FULL) != 0) {
    }
}

void bsp_uart_write(const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        bsp_uart_flush();
        UART->data = (uint8_t)data[i];
    }
}

int bsp_uart_read(void) {
    return ring_pop(&received);
}

int bsp_uart_poll(void) {
    return (UART->state & UART_STATE_RX_FULL) != 0 ? (int)(UART->data & 0xFFu) : -1;
}

bool bsp_uart_overrun(void) {
    bool was = overrun;
    overrun = false;
    return was;
}
