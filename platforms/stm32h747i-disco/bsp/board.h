/**
 * board: what the code that STM32 boards share has to know of the STM32H747I-DISCO.
 */
#ifndef BOARD_H
#define BOARD_H

/** USART1, on the ST-LINK's virtual COM port (RM0399 Rev 4, Table 7 and, for the interrupt, Table
 *  149; UM2411 Rev 7, 6.10). */
#define BOARD_USART_ADDRESS 0x40011000u
#define BOARD_USART_IRQ 37u

#endif
