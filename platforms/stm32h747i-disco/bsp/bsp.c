/* The STM32H747I-DISCO: its Cortex-M7, with the console on the ST-LINK's virtual COM port.
 *
 * Ticks are what the core's cycle counter counts. */

#include "bsp/bsp.h"

#include "board.h"
#include "bsp/cortex_m/cortex_m.h"
#include "bsp/divide.h"
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

#define CYCLES_PER_US (CLOCK_CORE_HZ / 1000000u)

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

/* RM0399, "Memory map and register boundary addresses": where nothing is. External memories are not
 * set up, and the core may read ahead there on its own and wait for ever, unless the MPU forbids
 * it; above the peripherals the MPU catches a stray pointer, precisely and also in a simulator that
 * has no bus faults. (One region of 4 GB with parts left out would do for the memories, but Renode
 * then checks every single access to any memory.) */
static void forbid_unused_addresses(void) {
    cortex_mpu_region(1, 0x5E000000u, MPU_RASR_NO_ACCESS | MPU_RASR_SIZE(25));
    cortex_mpu_region(2, 0x60000000u, MPU_RASR_NO_ACCESS | MPU_RASR_SIZE(29));
    cortex_mpu_region(3, 0x80000000u, MPU_RASR_NO_ACCESS | MPU_RASR_SIZE(30));
    cortex_mpu_region(4, 0xC0000000u, MPU_RASR_NO_ACCESS | MPU_RASR_SIZE(29));
}

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
 * is asked for one thing at a time (errata sheet ES0445, "Reading from AXI SRAM may lead to data
 * read corruption"). */
static void mend_axi_sram(void) {
    bool before_revision_v = DBGMCU_IDC >> 16 < 0x2000u;
    if (before_revision_v) {
        AXI_TARG7_FN_MOD = 1;
    }
}

/* Tells what is wrong, at the speed that is left. Any command is a new attempt. */
static _Noreturn void give_up(const char *problem) {
    static const char before[] = "\r\ne-[clock: ";
    static const char after[] = "]\r\n";
    cortex_irq_disable(); /* bytes are polled */
    console_start(CLOCK_APB2_RESET_HZ);
    bsp_uart_write(before, sizeof before - 1u);
    for (const char *c = problem; *c != '\0'; c++) {
        bsp_uart_write(c, 1);
    }
    bsp_uart_write(after, sizeof after - 1u);
    while (bsp_uart_poll() != '%') {
    }
    bsp_reset();
}

void bsp_init(void) {
    leds_init();
    const char *problem = clock_start();
    if (problem != NULL) {
        give_up(problem);
    }
    mend_axi_sram();
    forbid_unused_addresses();
    protect_code();
    share_lane();
    cortex_caches_enable();
    cortex_cycles_start();
    console_start(CLOCK_APB2_HZ);
    led_set(LED_BLUE, true);
    led_set(LED_GREEN, true);
    cortex_irq_enable();
}

/* Whether the counter counts while the core sleeps depends on whether a debugger is attached; it is
 * stopped, so that it never does. */
void bsp_idle(void) {
    cortex_irq_disable();
    if (!uart_has_received()) {
        led_set(LED_GREEN, false);
        cortex_cycles_pause();
        cortex_wait_for_interrupt();
        cortex_cycles_resume();
        led_set(LED_GREEN, true);
    }
    cortex_irq_enable();
}

__attribute__((noinline)) uint64_t bsp_ticks(void) {
    return cortex_cycles();
}

uint64_t bsp_time_us(void) {
    uint32_t remainder;
    return divide_u64(cortex_cycles(), CYCLES_PER_US, &remainder);
}
