/**
 * console: USART1's clock and pins.
 */
#ifndef BOARD_CONSOLE_H
#define BOARD_CONSOLE_H

#include <stdint.h>

/** Connects USART1 to the ST-LINK and starts it, for a kernel clock (APB2) of so many Hz. */
void console_start(uint32_t clock_hz);

#endif
