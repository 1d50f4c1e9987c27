/**
 * uart: what the parts of a board ask of its UART, or of the mailbox in its place. What that does
 * for the application is in bsp.h.
 */
#ifndef BSP_UART_H
#define BSP_UART_H

#include <stdbool.h>

/** Starts it; an STM32's has a function of its own, which is told its clock. */
void uart_start(void);

/** The interrupt's handler, for the vector table; the mailbox has none. */
void uart_handler(void);

/** True if bytes wait to be read. The mailbox awaits them: nothing wakes a core that sleeps. */
bool uart_has_received(void);

#endif
