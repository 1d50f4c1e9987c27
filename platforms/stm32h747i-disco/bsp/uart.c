/* USART1, the console on the ST-LINK's virtual COM port. */

#include "uart.h"

#include <stddef.h>

#include "bsp/bsp.h"
#include "bsp/ring.h"
#include "leds.h"
#include "registers.h"

_Static_assert(BSP_UART_BAUD >= 9600u && BSP_UART_BAUD <= 921600u,
               "BAUD must be from 9600 to 921600");

#define RCC_AHB4ENR_GPIOAEN (1u << 0)
#define RCC_APB2ENR_USART1EN (1u << 4)

/* PA9 is TX and PA10 is RX (UM2411, "ST-LINK virtual COM port"), both as alternate function 7
 * (STM32H747XI data sheet, "Port A alternate functions"). */
#define PA9_PA10_MODE_MASK (0xFu << 18)
#define PA9_PA10_MODE_ALTERNATE (0xAu << 18)
#define PA10_PULL_MASK (3u << 20)
#define PA10_PULL_UP (1u << 20)
#define PA9_PA10_AFRH_MASK (0xFFu << 4)
#define PA9_PA10_AFRH_USART1 (0x77u << 4)

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

static void connect_pins(void) {
    RCC->ahb4enr |= RCC_AHB4ENR_GPIOAEN;
    (void)RCC->ahb4enr; /* the clock needs a moment; reading back takes that long */
    GPIOA->afr[1] = (GPIOA->afr[1] & ~PA9_PA10_AFRH_MASK) | PA9_PA10_AFRH_USART1;
    GPIOA->pupdr = (GPIOA->pupdr & ~PA10_PULL_MASK) | PA10_PULL_UP;
    GPIOA->moder = (GPIOA->moder & ~PA9_PA10_MODE_MASK) | PA9_PA10_MODE_ALTERNATE;
}

void uart_start(uint32_t clock_hz) {
    connect_pins();
    RCC->apb2enr |= RCC_APB2ENR_USART1EN;
    (void)RCC->apb2enr;
    USART1->brr = (clock_hz + BSP_UART_BAUD / 2u) / BSP_UART_BAUD;
    USART1->cr1 = USART_CR1_UE | USART_CR1_RE | USART_CR1_TE | USART_CR1_RXNEIE;
    NVIC_ISER1 = 1u << (UART_IRQ - 32u);
}

/* What the ring cannot hold stays in the hardware, and the interrupt is off until there is room:
 * in a simulator the hardware's queue has no end, on the board it tells what it lost. */
static void pause_reception(void) {
    paused = true;
    USART1->cr1 &= ~USART_CR1_RXNEIE;
}

static void resume_reception(void) {
    paused = false;
    USART1->cr1 |= USART_CR1_RXNEIE;
}

/* One byte a call: while there are more, the interrupt comes again. */
void uart_handler(void) {
    uint32_t state = USART1->isr;
    if ((state & USART_ISR_ORE) != 0) {
        USART1->icr = USART_ICR_ORECF;
        overrun = true;
    }
    if (ring_is_full(&received)) {
        pause_reception();
    } else if ((state & USART_ISR_RXNE) != 0) {
        (void)ring_push(&received, (uint8_t)USART1->rdr);
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
        (void)stm32_await(&USART1->isr, USART_ISR_TXE, USART_ISR_TXE);
        USART1->tdr = (uint8_t)data[i];
        if (data[i] == '\n') {
            led_toggle(LED_ORANGE);
        }
    }
}

void bsp_uart_flush(void) {
    (void)stm32_await(&USART1->isr, USART_ISR_TC, USART_ISR_TC);
}

/* Polled only where nothing else goes on any more. */
int bsp_uart_poll(void) {
    led_set(LED_RED, true);
    uint32_t state = USART1->isr;
    if ((state & USART_ISR_ORE) != 0) {
        USART1->icr = USART_ICR_ORECF;
    }
    return (state & USART_ISR_RXNE) != 0 ? (int)(USART1->rdr & 0xFFu) : -1;
}
