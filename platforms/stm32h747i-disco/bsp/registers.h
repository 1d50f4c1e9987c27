/**
 * registers: the STM32H747's registers that this board support uses and that are not in bsp/stm32/.
 *
 * What is cited here and in the files beside it are RM0399 Rev 4 (the reference manual), UM2411 Rev
 * 7 (the board) and ES0445 (errata); numbers of sections and tables are those of these revisions.
 * Registers that are not used are gaps.
 */
#ifndef BOARD_REGISTERS_H
#define BOARD_REGISTERS_H

#include <stdint.h>

#include "bsp/stm32/gpio.h"

/** RM0399 Rev 4, 4.9: "FLASH registers". */
typedef struct {
    uint32_t acr; /**< 0x00, 4.9.1: FLASH_ACR */
} stm32_flash;

/** RM0399 Rev 4, 7.8: "PWR registers". */
typedef struct {
    uint32_t gap0;
    uint32_t csr1; /**< 0x04, 7.8.2: PWR_CSR1 */
    uint32_t gap1;
    uint32_t cr3; /**< 0x0C, 7.8.4: PWR_CR3 */
    uint32_t gap2[2];
    uint32_t d3cr; /**< 0x18, 7.8.7: PWR_D3CR */
} stm32_pwr;

/** RM0399 Rev 4, 9.7: "RCC registers". */
typedef struct {
    uint32_t cr; /**< 0x00, 9.7.2: RCC_CR */
    uint32_t gap0[3];
    uint32_t cfgr; /**< 0x10, 9.7.6: RCC_CFGR */
    uint32_t gap1;
    uint32_t d1cfgr; /**< 0x18, 9.7.7: RCC_D1CFGR */
    uint32_t d2cfgr; /**< 0x1C, 9.7.8: RCC_D2CFGR */
    uint32_t d3cfgr; /**< 0x20, 9.7.9: RCC_D3CFGR */
    uint32_t gap2;
    uint32_t pllckselr; /**< 0x28, 9.7.10: RCC_PLLCKSELR */
    uint32_t pllcfgr;   /**< 0x2C, 9.7.11: RCC_PLLCFGR */
    uint32_t pll1divr;  /**< 0x30, 9.7.12: RCC_PLL1DIVR */
    uint32_t gap3[43];
    uint32_t ahb4enr; /**< 0xE0, 9.7.42: RCC_AHB4ENR */
    uint32_t gap4[3];
    uint32_t apb2enr; /**< 0xF0, 9.7.46: RCC_APB2ENR */
} stm32_rcc;

/* RM0399 Rev 4, 2.3.2, Table 7: "Register boundary addresses". */
#define FLASH ((volatile stm32_flash *)0x52002000u)
#define PWR ((volatile stm32_pwr *)0x58024800u)
#define RCC ((volatile stm32_rcc *)0x58024400u)
#define GPIOA ((volatile stm32_gpio *)0x58020000u)
#define GPIOI ((volatile stm32_gpio *)0x58022000u)

/** RM0399 Rev 4, 63, where sections of registers have no numbers: "DBGMCU identity code register
 * (DBGMCU_IDC)". */
#define DBGMCU_IDC (*(const volatile uint32_t *)0x5C001000u)

/** RM0399 Rev 4, 2.2.4, Table 5: "AXI interconnect - TARG x issuing functionality modification
 * register (AXI_TARGx_FN_MOD)", 0x1108 + 0x1000 * x with x = 7: the AXI SRAM (Table 4). */
#define AXI_TARG7_FN_MOD (*(volatile uint32_t *)0x51008108u)

#endif
