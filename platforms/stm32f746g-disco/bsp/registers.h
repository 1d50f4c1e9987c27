/**
 * registers: the STM32F746's registers that this board support uses and that are not in bsp/stm32/.
 *
 * Sections of the reference manual RM0385 are named by their titles, which, unlike their numbers,
 * are the same in every revision. Registers that are not used are gaps.
 */
#ifndef BOARD_REGISTERS_H
#define BOARD_REGISTERS_H

#include <stdint.h>

#include "bsp/stm32/gpio.h"

/** RM0385, "Embedded Flash memory (FLASH)", "FLASH registers". */
typedef struct {
    uint32_t acr; /**< 0x00, "Flash access control register (FLASH_ACR)" */
} stm32_flash;

/** RM0385, "Power controller (PWR)", "PWR registers". */
typedef struct {
    uint32_t cr1;  /**< 0x00, "PWR power control register (PWR_CR1)" */
    uint32_t csr1; /**< 0x04, "PWR power control/status register (PWR_CSR1)" */
} stm32_pwr;

/** RM0385, "Reset and clock control (RCC)", "RCC registers". */
typedef struct {
    uint32_t cr;      /**< 0x00, "RCC clock control register (RCC_CR)" */
    uint32_t pllcfgr; /**< 0x04, "RCC PLL configuration register (RCC_PLLCFGR)" */
    uint32_t cfgr;    /**< 0x08, "RCC clock configuration register (RCC_CFGR)" */
    uint32_t gap0[9];
    uint32_t ahb1enr; /**< 0x30, "RCC AHB1 peripheral clock register (RCC_AHB1ENR)" */
    uint32_t gap1[3];
    uint32_t apb1enr; /**< 0x40, "RCC APB1 peripheral clock enable register (RCC_APB1ENR)" */
    uint32_t apb2enr; /**< 0x44, "RCC APB2 peripheral clock enable register (RCC_APB2ENR)" */
} stm32_rcc;

/* RM0385, "Memory map", "STM32F75xxx and STM32F74xxx register boundary addresses". */
#define FLASH ((volatile stm32_flash *)0x40023C00u)
#define PWR ((volatile stm32_pwr *)0x40007000u)
#define RCC ((volatile stm32_rcc *)0x40023800u)
#define GPIOA ((volatile stm32_gpio *)0x40020000u)
#define GPIOB ((volatile stm32_gpio *)0x40020400u)
#define GPIOI ((volatile stm32_gpio *)0x40022000u)

#endif
