/* Voltage and clocks, from what a reset leaves to 216 MHz. The order is that of RM0385, "Voltage
 * regulator", "Entering Over-drive mode". */

#include "clock.h"

#include <stdbool.h>
#include <stddef.h>

#include "bsp/stm32/await.h"
#include "registers.h"

#define PWR_CR1_VOS_SCALE_1 (3u << 14)
#define PWR_CR1_ODEN (1u << 16)
#define PWR_CR1_ODSWEN (1u << 17)
#define PWR_CSR1_ODRDY (1u << 16)
#define PWR_CSR1_ODSWRDY (1u << 17)

#define RCC_APB1ENR_PWREN (1u << 28)
#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_CFGR_SW_MASK 3u
#define RCC_CFGR_SW_PLL 2u
#define RCC_CFGR_SWS_MASK (3u << 2)
#define RCC_CFGR_SWS_PLL (2u << 2)
#define RCC_CFGR_PRESCALERS_MASK ((15u << 4) | (7u << 10) | (7u << 13))
#define RCC_CFGR_APB1_QUARTER_APB2_HALF ((5u << 10) | (4u << 13))

#define RCC_PLLCFGR_PLLM(by) ((uint32_t)(by))
#define RCC_PLLCFGR_PLLN(by) ((uint32_t)(by) << 6)
#define RCC_PLLCFGR_PLLP_2 (0u << 16)
#define RCC_PLLCFGR_HSE (1u << 22)
#define RCC_PLLCFGR_PLLQ(by) ((uint32_t)(by) << 24)
#define RCC_PLLCFGR_MASK 0x0F437FFFu /* what is neither is reserved, and kept */

/* RM0385, "Read access latency", the table of wait states: from 2.7 V, and the board has 3.3 V, 210
 * to 216 MHz need 7. The flash memory's own accelerator and prefetch serve its other address, on
 * the ITCM bus, and stay off; what is read at 0x08000000 passes the core's caches. */
#define FLASH_ACR_LATENCY_7 7u
#define FLASH_ACR_LATENCY_MASK 15u

static bool start_hse(void) {
    RCC->cr |= RCC_CR_HSEON;
    return stm32_await(&RCC->cr, RCC_CR_HSERDY, RCC_CR_HSERDY);
}

/* The voltage can be chosen only while the PLL is off; it rises when that is on. What divides by 9
 * gives the 48 MHz of USB, which nothing uses. */
static void configure_pll(void) {
    RCC->apb1enr |= RCC_APB1ENR_PWREN;
    (void)RCC->apb1enr; /* the clock needs a moment; reading back takes that long */
    PWR->cr1 |= PWR_CR1_VOS_SCALE_1;
    RCC->pllcfgr = (RCC->pllcfgr & ~RCC_PLLCFGR_MASK) | RCC_PLLCFGR_PLLM(25) |
                   RCC_PLLCFGR_PLLN(432) | RCC_PLLCFGR_PLLP_2 | RCC_PLLCFGR_HSE |
                   RCC_PLLCFGR_PLLQ(9);
    RCC->cr |= RCC_CR_PLLON;
}

/* Above 180 MHz the voltage regulator has to be overdriven (DS10916, "General operating
 * conditions"). */
static bool enter_over_drive(void) {
    PWR->cr1 |= PWR_CR1_ODEN;
    if (!stm32_await(&PWR->csr1, PWR_CSR1_ODRDY, PWR_CSR1_ODRDY)) {
        return false;
    }
    PWR->cr1 |= PWR_CR1_ODSWEN;
    return stm32_await(&PWR->csr1, PWR_CSR1_ODSWRDY, PWR_CSR1_ODSWRDY);
}

/* The buses are slowed down, and the flash memory is told, before the clock gets faster. */
static bool switch_to_pll(void) {
    FLASH->acr = (FLASH->acr & ~FLASH_ACR_LATENCY_MASK) | FLASH_ACR_LATENCY_7;
    RCC->cfgr = (RCC->cfgr & ~RCC_CFGR_PRESCALERS_MASK) | RCC_CFGR_APB1_QUARTER_APB2_HALF;
    if (stm32_await(&FLASH->acr, FLASH_ACR_LATENCY_MASK, FLASH_ACR_LATENCY_7)) {
        RCC->cfgr = (RCC->cfgr & ~RCC_CFGR_SW_MASK) | RCC_CFGR_SW_PLL;
        if (stm32_await(&RCC->cfgr, RCC_CFGR_SWS_MASK, RCC_CFGR_SWS_PLL)) {
            return true;
        }
    }
    RCC->cfgr &= ~(RCC_CFGR_SW_MASK | RCC_CFGR_PRESCALERS_MASK);
    return false;
}

const char *clock_start(void) {
    if (!start_hse()) {
        return "the board's 25 MHz (HSE) do not start";
    }
    configure_pll();
    if (!enter_over_drive()) {
        return "the voltage regulator does not get into over-drive";
    }
    if (!stm32_await(&RCC->cr, RCC_CR_PLLRDY, RCC_CR_PLLRDY)) {
        return "the PLL does not lock";
    }
    if (!switch_to_pll()) {
        return "the core's clock does not switch to the PLL";
    }
    return NULL;
}
