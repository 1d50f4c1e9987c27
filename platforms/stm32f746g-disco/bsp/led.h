/**
 * led: the board's one user LED, which is off while the console waits.
 */
#ifndef BOARD_LED_H
#define BOARD_LED_H

/** Makes its pin an output, and lights it. */
void led_start(void);

#endif
