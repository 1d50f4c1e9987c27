/* Supply and clocks, from what a reset leaves to 400 MHz. */

#include "clock.h"

#include <stddef.h>

#include "bsp/cortex_m/cortex_m.h"
#include "bsp/stm32/await.h"
#include "registers.h"

/* RM0399 Rev 4, 7.4, Table 33: "Supply configuration control", and 7.8.4. SMPS and LDO on are the
 * chip after power-on, not yet told; with an SDLEVEL, they are a choice. */
#define PWR_CR3_SUPPLY_MASK 0x3Fu
#define PWR_CR3_SUPPLY_UNSET 6u
#define PWR_CR3_SUPPLY_DIRECT_SMPS 4u
#define PWR_CR3_SDLEVEL_MASK (3u << 4) /* of no effect in direct SMPS */
#define PWR_CSR1_ACTVOSRDY (1u << 13)
#define PWR_D3CR_VOSRDY (1u << 13)
#define PWR_D3CR_VOS_1 (3u << 14)

#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_PLL1ON (1u << 24)
#define RCC_CR_PLL1RDY (1u << 25)
#define RCC_CFGR_SW_MASK 7u
#define RCC_CFGR_SW_PLL1 3u
#define RCC_CFGR_SWS_MASK (7u << 3)
#define RCC_CFGR_SWS_PLL1 (3u << 3)

#define RCC_PLLCKSELR_HSE 2u
#define RCC_PLLCKSELR_DIVM1(by) ((uint32_t)(by) << 4)
#define RCC_PLLCFGR_PLL1_INPUT_4_TO_8_MHZ (2u << 2)
#define RCC_PLLCFGR_DIVP1EN (1u << 16)
#define RCC_PLL1DIVR_N(by) ((uint32_t)(by)-1u)
#define RCC_PLL1DIVR_P(by) (((uint32_t)(by)-1u) << 9)

#define RCC_D1CFGR_AHB_HALF_APB3_HALF ((8u << 0) | (4u << 4))
#define RCC_D2CFGR_APB1_HALF_APB2_HALF ((4u << 4) | (4u << 8))
#define RCC_D3CFGR_APB4_HALF (4u << 4)

/* RM0399 Rev 4, 4.3.8, Table 16: at VOS1 an AXI clock of 185 to 210 MHz needs 2 wait states, and
 * WRHIGHFREQ 2. */
#define FLASH_ACR_VOS1_200_MHZ ((2u << 4) | 2u)
#define FLASH_ACR_MASK 0x3Fu

/* On this board the chip's own step-down converter feeds the core, and nothing else can: with the
 * LDO chosen the core loses its supply, and only a power cycle with BOOT0 high saves the board
 * (UM2411 Rev 7, 6.2.3). The choice is locked until the next power-on (RM0399 Rev 4, 7.8.4), so a
 * reset finds it made; anything else than the right one was made by another program. */
static const char *supply_directly_from_smps(void) {
    uint32_t supply = PWR->cr3 & PWR_CR3_SUPPLY_MASK;
    if (supply == PWR_CR3_SUPPLY_UNSET) {
        PWR->cr3 = (PWR->cr3 & ~PWR_CR3_SUPPLY_MASK) | PWR_CR3_SUPPLY_DIRECT_SMPS;
    } else if ((supply & ~PWR_CR3_SDLEVEL_MASK) != PWR_CR3_SUPPLY_DIRECT_SMPS) {
        return "the supply is locked to another one than direct SMPS; cycle the power";
    }
    if (!stm32_await(&PWR->csr1, PWR_CSR1_ACTVOSRDY, PWR_CSR1_ACTVOSRDY)) {
        return "the supply does not get ready";
    }
    return NULL;
}

/* After power-on the chip is in Run* mode (RM0399 Rev 4, 7.4.1), which has to be left, by a choice
 * of supply, before RAM is written. What went wrong is found again later. */
void cortex_before_memory(void) {
    (void)supply_directly_from_smps();
}

/* VOS1 is what 400 MHz need; ST's own examples for this board and supply stop there, too. (480 MHz
 * would need VOS0: RM0399 Rev 4, 7.6.2.) */
static const char *raise_voltage(void) {
    PWR->d3cr |= PWR_D3CR_VOS_1;
    if (!stm32_await(&PWR->d3cr, PWR_D3CR_VOSRDY, PWR_D3CR_VOSRDY)) {
        return "the core's voltage does not get ready";
    }
    return NULL;
}

/* The 25 MHz come from an oscillator (UM2411 Rev 7, 6.3), for which HSE can be bypassed (RM0399 Rev
 * 4, 9.5.2). ST's examples for this board do not, so that a crystal does, too. */
static const char *start_hse(void) {
    RCC->cr |= RCC_CR_HSEON;
    if (!stm32_await(&RCC->cr, RCC_CR_HSERDY, RCC_CR_HSERDY)) {
        return "the board's 25 MHz (HSE) do not start";
    }
    return NULL;
}

/* An output that is not used has to be off, and its divider 0, or the frequency is not guaranteed
 * (RM0399 Rev 4, 9.5.5): of PLL1, P alone is used. No fraction, and the VCO of 192 to 960 MHz. */
static const char *start_pll(void) {
    RCC->pllckselr = RCC_PLLCKSELR_HSE | RCC_PLLCKSELR_DIVM1(5);
    RCC->pllcfgr = RCC_PLLCFGR_PLL1_INPUT_4_TO_8_MHZ | RCC_PLLCFGR_DIVP1EN;
    RCC->pll1divr = RCC_PLL1DIVR_N(160) | RCC_PLL1DIVR_P(2);
    RCC->cr |= RCC_CR_PLL1ON;
    if (!stm32_await(&RCC->cr, RCC_CR_PLL1RDY, RCC_CR_PLL1RDY)) {
        return "PLL1 does not lock";
    }
    return NULL;
}

/* The buses are slowed down, to the 200 MHz that they take at most (RM0399 Rev 4, 9.5.6), and the
 * flash memory is told (4.3.8), before the clock gets faster. */
static const char *switch_to_pll(void) {
    RCC->d1cfgr = RCC_D1CFGR_AHB_HALF_APB3_HALF;
    RCC->d2cfgr = RCC_D2CFGR_APB1_HALF_APB2_HALF;
    RCC->d3cfgr = RCC_D3CFGR_APB4_HALF;
    FLASH->acr = FLASH_ACR_VOS1_200_MHZ;
    if (stm32_await(&FLASH->acr, FLASH_ACR_MASK, FLASH_ACR_VOS1_200_MHZ)) {
        RCC->cfgr = (RCC->cfgr & ~RCC_CFGR_SW_MASK) | RCC_CFGR_SW_PLL1;
        if (stm32_await(&RCC->cfgr, RCC_CFGR_SWS_MASK, RCC_CFGR_SWS_PLL1)) {
            return NULL;
        }
    }
    RCC->cfgr &= ~RCC_CFGR_SW_MASK;
    RCC->d1cfgr = 0;
    RCC->d2cfgr = 0;
    RCC->d3cfgr = 0;
    return "the core's clock does not switch to PLL1";
}

const char *clock_start(void) {
    static const char *(*const steps[])(void) = {
        supply_directly_from_smps, raise_voltage, start_hse, start_pll, switch_to_pll,
    };
    const char *problem = NULL;
    for (uint32_t i = 0; i < sizeof steps / sizeof steps[0] && problem == NULL; i++) {
        problem = steps[i]();
    }
    return problem;
}
