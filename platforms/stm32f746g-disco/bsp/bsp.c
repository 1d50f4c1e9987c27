/* The STM32F746G-DISCO, with the console on the ST-LINK's virtual COM port.
 *
 * Ticks are what the core's cycle counter counts. */

#include "bsp/bsp.h"

#include "board.h"
#include "bsp/cortex_m/cortex_m.h"
#include "bsp/stm32/start.h"
#include "bsp/uart.h"
#include "clock.h"
#include "console.h"
#include "led.h"

/* As in linker.ld. The MPU's regions are powers of two, so the lane is two of them. */
#define LANE_ADDRESS 0x20020000u
#define LANE_LOWER_BITS 17u
#define LANE_UPPER_ADDRESS 0x20040000u
#define LANE_UPPER_BITS 16u

#define ITCM_ADDRESS 0x00000000u
#define ITCM_BITS 14u

const bsp_facts bsp_board = {
    .core = "Cortex-M7",
    .core_hz = CLOCK_CORE_HZ,
    .ticks_unit = "cycles",
    .lane_address = LANE_ADDRESS,
    .lane_size = (1u << LANE_LOWER_BITS) + (1u << LANE_UPPER_BITS),
};

__attribute__((section(".vectors.irq"), used)) static const cortex_vector irq_vectors[] = {
    [BOARD_USART_IRQ] = uart_handler,
};

/* Nothing is in the ITCM RAM: what comes there is a victim of NULL. Behind it, from 0x00200000, is
 * the flash memory's other address, where a reset finds the vector table. */
static void forbid_null(void) {
    cortex_mpu_region(5, ITCM_ADDRESS, MPU_RASR_NO_ACCESS | MPU_RASR_SIZE(ITCM_BITS));
}

/* A debugger writes the lane behind the data cache's back. The MPU has eight regions (PM0253
 * Rev 5, 2.2, Table 11), and these are the last two. */
static void share_lane(void) {
    uint32_t shared = MPU_RASR_READ_WRITE | MPU_RASR_NO_EXECUTE | MPU_RASR_NORMAL_NOT_CACHED;
    cortex_mpu_region(6, LANE_ADDRESS, shared | MPU_RASR_SIZE(LANE_LOWER_BITS));
    cortex_mpu_region(7, LANE_UPPER_ADDRESS, shared | MPU_RASR_SIZE(LANE_UPPER_BITS));
}

/* All other SRAM is cached as the architecture has it, written back. */
void bsp_init(void) {
    led_start();
    const char *problem = clock_start();
    if (problem != NULL) {
        cortex_irq_disable(); /* bytes are polled */
        console_start(CLOCK_APB2_RESET_HZ);
        stm32_give_up(problem);
    }
    stm32_forbid_unused_addresses();
    forbid_null();
    share_lane();
    cortex_caches_enable();
    cortex_cycles_start();
    console_start(CLOCK_APB2_HZ);
    cortex_irq_enable();
}
