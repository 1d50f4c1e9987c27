/* The board's one user LED, LD1, green, at PI1 (UM1907, "LEDs"). It lights while its pin is high.
 */

#include "led.h"

#include <stdbool.h>

#include "bsp/cortex_m/cortex_m.h"
#include "bsp/stm32/usart.h"
#include "registers.h"

#define RCC_AHB1ENR_GPIOIEN (1u << 8)

enum { PIN_LED = 1 };

void led_start(void) {
    RCC->ahb1enr |= RCC_AHB1ENR_GPIOIEN;
    (void)RCC->ahb1enr; /* the clock needs a moment; reading back takes that long */
    board_show_work(true);
    stm32_pin_mode(GPIOI, PIN_LED, STM32_PIN_OUTPUT);
}

void board_show_work(bool on) {
    GPIOI->bsrr = 1u << (PIN_LED + (on ? 0 : 16));
}

/* It is lit: the lines come from a core that works, and after a fault it stays so. */
void board_show_line(void) {
}

void board_show_trouble(void) {
}
