/**
 * gpio: the ports of an STM32, as the series since the F2 have them (not the F1).
 */
#ifndef BSP_STM32_GPIO_H
#define BSP_STM32_GPIO_H

#include <stdint.h>

/** E.g. RM0399 Rev 4, 12.4: "GPIO registers". What is not used is a gap. */
typedef struct {
    uint32_t moder; /**< 0x00, 12.4.1: GPIOx_MODER */
    uint32_t gap0[2];
    uint32_t pupdr; /**< 0x0C, 12.4.4: GPIOx_PUPDR */
    uint32_t gap1;
    uint32_t odr;  /**< 0x14, 12.4.6: GPIOx_ODR */
    uint32_t bsrr; /**< 0x18, 12.4.7: GPIOx_BSRR */
    uint32_t gap2;
    uint32_t afr[2]; /**< 0x20, 12.4.9: GPIOx_AFRL, and GPIOx_AFRH, 12.4.10 */
} stm32_gpio;

enum { STM32_PIN_INPUT = 0, STM32_PIN_OUTPUT = 1, STM32_PIN_ALTERNATE = 2 };

/** Makes a pin an input, an output, or its alternate function's. */
static inline void stm32_pin_mode(volatile stm32_gpio *port, uint32_t pin, uint32_t mode) {
    port->moder = (port->moder & ~(3u << (2u * pin))) | mode << (2u * pin);
}

/** Pulls a pin up. */
static inline void stm32_pin_pull_up(volatile stm32_gpio *port, uint32_t pin) {
    port->pupdr = (port->pupdr & ~(3u << (2u * pin))) | 1u << (2u * pin);
}

/** Gives a pin to one of its alternate functions, 0 to 15. */
static inline void stm32_pin_alternate(volatile stm32_gpio *port, uint32_t pin, uint32_t function) {
    volatile uint32_t *reg = &port->afr[pin / 8u];
    uint32_t shift = 4u * (pin % 8u);
    *reg = (*reg & ~(15u << shift)) | function << shift;
    stm32_pin_mode(port, pin, STM32_PIN_ALTERNATE);
}

#endif
