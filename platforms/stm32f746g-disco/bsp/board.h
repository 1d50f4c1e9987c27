/**
 * board: what the code that STM32 boards share has to know of the STM32F746G-DISCO.
 */
#ifndef BOARD_H
#define BOARD_H

/** USART1, on the ST-LINK's virtual COM port (RM0385, "Memory map" and "Nested vectored interrupt
 *  controller (NVIC)", "Interrupt and exception vectors"). */
#define BOARD_USART_ADDRESS 0x40011000u
#define BOARD_USART_IRQ 37u

#endif
