/* The board's four user LEDs. They light while their pin is low (UM2411 Rev 7, 6.11). */

#include "leds.h"

#include "bsp/cortex_m/cortex_m.h"
#include "bsp/stm32/usart.h"
#include "registers.h"

#define RCC_AHB4ENR_GPIOIEN (1u << 8)

/* Two bits a pin: the upper four of sixteen pins. */
#define PINS_MODE_MASK 0xFF000000u
#define PINS_MODE_OUTPUT 0x55000000u

void leds_init(void) {
    RCC->ahb4enr |= RCC_AHB4ENR_GPIOIEN;
    (void)RCC->ahb4enr; /* the clock needs a moment; reading back takes that long */
    led_set(LED_GREEN, false);
    led_set(LED_ORANGE, false);
    led_set(LED_RED, false);
    led_set(LED_BLUE, false);
    GPIOI->moder = (GPIOI->moder & ~PINS_MODE_MASK) | PINS_MODE_OUTPUT;
}

void led_set(led which, bool on) {
    GPIOI->bsrr = 1u << ((uint32_t)which + (on ? 16u : 0u));
}

void led_toggle(led which) {
    led_set(which, (GPIOI->odr & 1u << which) != 0);
}

void board_show_line(void) {
    led_toggle(LED_ORANGE);
}

void board_show_trouble(void) {
    led_set(LED_RED, true);
}

void board_show_work(bool on) {
    led_set(LED_GREEN, on);
}
