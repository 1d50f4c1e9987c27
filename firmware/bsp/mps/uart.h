/**
 * uart: the console on the CMSDK UART of MPS2 and MPS3 boards. board.h says where it is.
 */
#ifndef BSP_MPS_UART_H
#define BSP_MPS_UART_H

/** Starts it. The board's own code lets it interrupt. */
void uart_start(void);

#endif
