/* The STM32H747I-DISCO: its Cortex-M7, with the console on the ST-LINK's virtual COM port.
 *
 * Ticks are what the core's cycle counter counts. */

#include "bsp/bsp.h"

#include "board.h"
#include "bsp/cortex_m/cortex_m.h"
#include "bsp/stm32/start.h"
#include "bsp/uart.h"
#include "clock.h"
#include "console.h"
#include "leds.h"
#include "registers.h"

/* As in linker.ld. */
#define LANE_ADDRESS 0x24040000u
#define LANE_BITS 18u

#define ITCM_ADDRESS 0x00000000u
#define ITCM_BITS 16u
#define NULL_GUARD_BITS 10u

const bsp_facts bsp_board = {
    .core = "Cortex-M7",
    .core_hz = CLOCK_CORE_HZ,
    .ticks_unit = "cycles",
    .lane_address = LANE_ADDRESS,
    .lane_size = 1u << LANE_BITS,
};

/* For whoever programs a board: an image that supplies the chip in another way than this board does
 * makes it unusable, so only one that says this may be written to it. */
__attribute__((section(".board"), used)) static const char board[] =
    "stm32h747i-disco;supply=direct-smps";

__attribute__((section(".vectors.irq"), used)) static const cortex_vector irq_vectors[] = {
    [BOARD_USART_IRQ] = uart_handler,
};

/* Code that was copied to address 0 and up would otherwise be an easy victim of NULL. */
static void protect_code(void) {
    cortex_mpu_region(5, ITCM_ADDRESS,
                      MPU_RASR_READ_ONLY | MPU_RASR_NORMAL_WRITE_THROUGH |
                          MPU_RASR_SIZE(ITCM_BITS));
    cortex_mpu_region(6, ITCM_ADDRESS, MPU_RASR_NO_ACCESS | MPU_RASR_SIZE(NULL_GUARD_BITS));
}

/* A debugger writes the lane behind the data cache's back. */
static void share_lane(void) {
    cortex_mpu_region(7, LANE_ADDRESS,
                      MPU_RASR_READ_WRITE | MPU_RASR_NO_EXECUTE | MPU_RASR_NORMAL_NOT_CACHED |
                          MPU_RASR_SIZE(LANE_BITS));
}

/* Before revision V, reads from the AXI SRAM, which holds the arena, may give wrong data unless it
 * is asked for one thing at a time: READ_ISS_OVERRIDE (errata sheet ES0445, "Reading from AXI SRAM
 * may lead to data read corruption"). */
static void mend_axi_sram(void) {
    bool before_revision_v = DBGMCU_IDC >> 16 < 0x2000u;
    if (before_revision_v) {
        AXI_TARG7_FN_MOD = 1;
    }
}

void bsp_init(void) {
    leds_init();
    const char *problem = clock_start();
    if (problem != NULL) {
        cortex_irq_disable(); /* bytes are polled */
        console_start(CLOCK_APB2_RESET_HZ);
        stm32_give_up(problem);
    }
    mend_axi_sram();
    stm32_forbid_unused_addresses();
    protect_code();
    share_lane();
    cortex_caches_enable();
    cortex_cycles_start();
    console_start(CLOCK_APB2_HZ);
    led_set(LED_BLUE, true);
    led_set(LED_GREEN, true);
    cortex_irq_enable();
}
