/**
 * leds: the board's four user LEDs.
 *
 * Green: working; it is off while the console waits. Orange: changes with every line sent, so it
 * blinks with the images. Red: a fault, or the clock did not start. Blue: the clocks run.
 */
#ifndef BOARD_LEDS_H
#define BOARD_LEDS_H

#include <stdbool.h>

/** The LEDs (UM2411 Rev 7, 6.11 and Table 22): LD1 to LD4, at PI12 to PI15. */
typedef enum {
    LED_GREEN = 12,
    LED_ORANGE = 13,
    LED_RED = 14,
    LED_BLUE = 15,
} led;

/** Makes the pins outputs, with all LEDs off. */
void leds_init(void);

void led_set(led which, bool on);

void led_toggle(led which);

#endif
