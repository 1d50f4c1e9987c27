/**
 * uart: USART1, the console on the ST-LINK's virtual COM port. What it does for the application is
 * documented in bsp.h.
 */
#ifndef BOARD_UART_H
#define BOARD_UART_H

#include <stdbool.h>
#include <stdint.h>

#include "bsp/cortex_m/cortex_m.h"

/** USART1's place in the vector table (RM0399, "NVIC", "Interrupt and exception vectors"). */
#define UART_IRQ 37u

/** Sets up pins and USART at BSP_UART_BAUD, for a kernel clock (APB2) of so many Hz, and lets it
 *  interrupt. */
void uart_start(uint32_t clock_hz);

/** The handler of UART_IRQ. */
void uart_handler(void);

/** True if bytes wait to be read. */
bool uart_has_received(void);

#endif
