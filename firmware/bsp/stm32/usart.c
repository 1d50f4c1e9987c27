/* The console on a USART of an STM32. */

#include "bsp/stm32/usart.h"

#include <stddef.h>

#include "board.h"
#include "bsp/bsp.h"
#include "bsp/cortex_m/cortex_m.h"
#include "bsp/ring.h"
#include "bsp/stm32/await.h"
#include "bsp/uart.h"

_Static_assert(BSP_UART_BAUD >= 9600u && BSP_UART_BAUD <= 921600u,
               "BAUD must be from 9600 to 921600");

/* E.g. RM0399 Rev 4, 51.8: "USART registers", with the FIFOs off. What is not used is a gap. */
typedef struct {
    uint32_t cr1; /* 0x00, 51.8.2: USART_CR1 */
    uint32_t gap0[2];
    uint32_t brr; /* 0x0C, 51.8.5: USART_BRR */
    uint32_t gap1[3];
    uint32_t isr; /* 0x1C, 51.8.10: USART_ISR */
    uint32_t icr; /* 0x20, 51.8.11: USART_ICR */
    uint32_t rdr; /* 0x24, 51.8.12: USART_RDR */
    uint32_t tdr; /* 0x28, 51.8.13: USART_TDR */
} stm32_usart;

#define USART ((volatile stm32_usart *)BOARD_USART_ADDRESS)

#define USART_CR1_UE (1u << 0)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_RXNEIE (1u << 5)
#define USART_ISR_ORE (1u << 3)
#define USART_ISR_RXNE (1u << 5)
#define USART_ISR_TC (1u << 6)
#define USART_ISR_TXE (1u << 7)
#define USART_ICR_ORECF (1u << 3)

static ring received;
static volatile bool overrun;
static volatile bool paused;

void usart_start(uint32_t clock_hz) {
    USART->brr = (clock_hz + BSP_UART_BAUD / 2u) / BSP_UART_BAUD;
    USART->cr1 = USART_CR1_UE | USART_CR1_RE | USART_CR1_TE | USART_CR1_RXNEIE;
    cortex_irq_allow(BOARD_USART_IRQ);
}

/* What the ring cannot hold stays in the hardware, and the interrupt is off until there is room:
 * in a simulator the hardware's queue has no end, on the board it tells what it lost. */
static void pause_reception(void) {
    paused = true;
    USART->cr1 &= ~USART_CR1_RXNEIE;
}

static void resume_reception(void) {
    paused = false;
    USART->cr1 |= USART_CR1_RXNEIE;
}

/* One byte a call: while there are more, the interrupt comes again. */
void uart_handler(void) {
    uint32_t state = USART->isr;
    if ((state & USART_ISR_ORE) != 0) {
        USART->icr = USART_ICR_ORECF;
        overrun = true;
    }
    if (ring_is_full(&received)) {
        pause_reception();
    } else if ((state & USART_ISR_RXNE) != 0) {
        (void)ring_push(&received, (uint8_t)USART->rdr);
    }
}

bool uart_has_received(void) {
    return !ring_is_empty(&received);
}

int bsp_uart_read(void) {
    int byte = ring_pop(&received);
    if (paused && ring_is_empty(&received)) {
        resume_reception();
    }
    return byte;
}

bool bsp_uart_overrun(void) {
    bool was = overrun;
    overrun = false;
    return was;
}

/* Without flow control the transmitter always gets ready; the waits end all the same. */
void bsp_uart_write(const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        (void)stm32_await(&USART->isr, USART_ISR_TXE, USART_ISR_TXE);
        USART->tdr = (uint8_t)data[i];
        if (data[i] == '\n') {
            board_show_line();
        }
    }
}

void bsp_uart_flush(void) {
    (void)stm32_await(&USART->isr, USART_ISR_TC, USART_ISR_TC);
}

/* Polled only where nothing else goes on any more. */
int bsp_uart_poll(void) {
    board_show_trouble();
    uint32_t state = USART->isr;
    if ((state & USART_ISR_ORE) != 0) {
        USART->icr = USART_ICR_ORECF;
    }
    return (state & USART_ISR_RXNE) != 0 ? (int)(USART->rdr & 0xFFu) : -1;
}
