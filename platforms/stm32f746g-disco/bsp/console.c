/* USART1's clock and pins: the ST-LINK's virtual COM port. */

#include "console.h"

#include "bsp/stm32/usart.h"
#include "registers.h"

#define RCC_AHB1ENR_GPIOAEN (1u << 0)
#define RCC_AHB1ENR_GPIOBEN (1u << 1)
#define RCC_APB2ENR_USART1EN (1u << 4)

/* PA9 is TX and PB7 is RX (UM1907, the virtual COM port), both as alternate function 7 (DS10916,
 * "Alternate function mapping"). A reset chooses APB2 as the USART's clock (RM0385,
 * "RCC dedicated clocks configuration register (RCC_DCKCFGR2)"). */
enum { PIN_TX = 9, PIN_RX = 7, FUNCTION_USART1 = 7 };

void console_start(uint32_t clock_hz) {
    RCC->ahb1enr |= RCC_AHB1ENR_GPIOAEN | RCC_AHB1ENR_GPIOBEN;
    (void)RCC->ahb1enr; /* the clocks need a moment; reading back takes that long */
    stm32_pin_pull_up(GPIOB, PIN_RX);
    stm32_pin_alternate(GPIOA, PIN_TX, FUNCTION_USART1);
    stm32_pin_alternate(GPIOB, PIN_RX, FUNCTION_USART1);
    RCC->apb2enr |= RCC_APB2ENR_USART1EN;
    (void)RCC->apb2enr;
    usart_start(clock_hz);
}
