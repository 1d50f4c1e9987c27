/**
 * usart: the console on a USART of an STM32 whose USARTs have the registers below: F0, F3, F7, G0,
 * G4, H7, L0, L4, WB (not F1, F2, F4, L1). What it does for the application is documented in bsp.h.
 *
 * board.h says which one it is: BOARD_USART_ADDRESS, BOARD_USART_IRQ. The board gives it its clock
 * and its pins before it is started.
 */
#ifndef BSP_STM32_USART_H
#define BSP_STM32_USART_H

#include <stdint.h>

/** Starts the USART at BSP_UART_BAUD, for a kernel clock of so many Hz, and lets it interrupt. */
void usart_start(uint32_t clock_hz);

/** Implemented by the board, which may do nothing: shows that a line was sent; and that bytes are
 *  polled, as they are only after a fault or when the start failed. */
void board_show_line(void);
void board_show_trouble(void);

#endif
