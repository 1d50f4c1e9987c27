/* USART1's clock and pins: the ST-LINK's virtual COM port. */

#include "console.h"

#include "bsp/stm32/usart.h"
#include "registers.h"

#define RCC_AHB4ENR_GPIOAEN (1u << 0)
#define RCC_APB2ENR_USART1EN (1u << 4)

/* PA9 is TX and PA10 is RX (UM2411 Rev 7, 6.10 and Table 22), both as alternate function 7
 * (STM32H747XI data sheet, "Port A alternate functions"). A reset chooses APB2 as the USART's clock
 * (RM0399 Rev 4, 9.7.20: RCC_D2CCIP2R, USART16SEL). */
enum { PIN_TX = 9, PIN_RX = 10, FUNCTION_USART1 = 7 };

void console_start(uint32_t clock_hz) {
    RCC->ahb4enr |= RCC_AHB4ENR_GPIOAEN;
    (void)RCC->ahb4enr; /* the clock needs a moment; reading back takes that long */
    stm32_pin_pull_up(GPIOA, PIN_RX);
    stm32_pin_alternate(GPIOA, PIN_TX, FUNCTION_USART1);
    stm32_pin_alternate(GPIOA, PIN_RX, FUNCTION_USART1);
    RCC->apb2enr |= RCC_APB2ENR_USART1EN;
    (void)RCC->apb2enr;
    usart_start(clock_hz);
}
