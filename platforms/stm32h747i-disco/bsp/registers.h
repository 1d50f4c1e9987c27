/**
 * registers: the STM32H747's registers that this board support uses and that are not in bsp/stm32/.
 *
 * Sections of the reference manual RM0399 are named by their titles, which, unlike their numbers,
 * are the same in every revision. Registers that are not used are gaps.
 */
#ifndef BOARD_REGISTERS_H
#define BOARD_REGISTERS_H

#include <stdint.h>

#include "bsp/stm32/gpio.h"

/** RM0399, "Embedded flash memory (FLASH)", "FLASH registers". */
typedef struct {
    uint32_t acr; /**< 0x00, "FLASH access control register (FLASH_ACR)" */
} stm32_flash;

/** RM0399, "Power control (PWR)", "PWR registers". */
typedef struct {
    uint32_t gap0;
    uint32_t csr1; /**< 0x04, "PWR control status register 1 (PWR_CSR1)" */
    uint32_t gap1;
    uint32_t cr3; /**< 0x0C, "PWR control register 3 (PWR_CR3)" */
    uint32_t gap2[2];
    uint32_t d3cr; /**< 0x18, "PWR D3 domain control register (PWR_D3CR)" */
} stm32_pwr;

/** RM0399, "Reset and clock control (RCC)", "RCC registers". */
typedef struct {
    uint32_t cr; /**< 0x00, "RCC source control register (RCC_CR)" */
    uint32_t gap0[3];
    uint32_t cfgr; /**< 0x10, "RCC clock configuration register (RCC_CFGR)" */
    uint32_t gap1;
    uint32_t d1cfgr; /**< 0x18, "RCC domain 1 clock configuration register (RCC_D1CFGR)" */
    uint32_t d2cfgr; /**< 0x1C, "RCC domain 2 clock configuration register (RCC_D2CFGR)" */
    uint32_t d3cfgr; /**< 0x20, "RCC domain 3 clock configuration register (RCC_D3CFGR)" */
    uint32_t gap2;
    uint32_t pllckselr; /**< 0x28, "RCC PLL clock source selection register (RCC_PLLCKSELR)" */
    uint32_t pllcfgr;   /**< 0x2C, "RCC PLL configuration register (RCC_PLLCFGR)" */
    uint32_t pll1divr;  /**< 0x30, "RCC PLL1 dividers configuration register (RCC_PLL1DIVR)" */
    uint32_t gap3[43];
    uint32_t ahb4enr; /**< 0xE0, "RCC AHB4 clock register (RCC_AHB4ENR)" */
    uint32_t gap4[3];
    uint32_t apb2enr; /**< 0xF0, "RCC APB2 clock register (RCC_APB2ENR)" */
} stm32_rcc;

/* RM0399, "Memory organization", "Memory map and default device memory area attributes". */
#define FLASH ((volatile stm32_flash *)0x52002000u)
#define PWR ((volatile stm32_pwr *)0x58024800u)
#define RCC ((volatile stm32_rcc *)0x58024400u)
#define GPIOA ((volatile stm32_gpio *)0x58020000u)
#define GPIOI ((volatile stm32_gpio *)0x58022000u)

/** RM0399, "Debug infrastructure", "DBGMCU identity code register (DBGMCU_IDC)". */
#define DBGMCU_IDC (*(const volatile uint32_t *)0x5C001000u)

/** RM0399, "AXI interconnect registers", "AXI interconnect - TARG x bus matrix issuing
 * functionality register (AXI_TARGx_FN_MOD)", x = 7: the AXI SRAM. */
#define AXI_TARG7_FN_MOD (*(volatile uint32_t *)0x51008108u)

#endif
