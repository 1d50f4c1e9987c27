/* Steps of the start that STM32 boards with a Cortex-M7 share. */

#include "bsp/stm32/start.h"

#include <string.h>

#include "bsp/bsp.h"
#include "bsp/cortex_m/cortex_m.h"

/* E.g. RM0399 Rev 4, 2.3.2, Tables 6 and 7: where nothing is. External memories are not set up, and
 * the core may read ahead there on its own and wait for ever, unless the MPU forbids it; above the
 * peripherals the MPU catches a stray pointer, precisely and also in a simulator that has no bus
 * faults. (One region of 4 GB with parts left out would do for the memories, but Renode then checks
 * every single access to any memory.) */
void stm32_forbid_unused_addresses(void) {
    cortex_mpu_region(1, 0x5E000000u, MPU_RASR_NO_ACCESS | MPU_RASR_SIZE(25));
    cortex_mpu_region(2, 0x60000000u, MPU_RASR_NO_ACCESS | MPU_RASR_SIZE(29));
    cortex_mpu_region(3, 0x80000000u, MPU_RASR_NO_ACCESS | MPU_RASR_SIZE(30));
    cortex_mpu_region(4, 0xC0000000u, MPU_RASR_NO_ACCESS | MPU_RASR_SIZE(29));
}

_Noreturn void stm32_give_up(const char *problem) {
    static const char before[] = "\r\ne-[clock: ";
    static const char after[] = "]\r\n";
    bsp_uart_write(before, sizeof before - 1u);
    bsp_uart_write(problem, strlen(problem));
    bsp_uart_write(after, sizeof after - 1u);
    while (bsp_uart_poll() != '%') {
    }
    bsp_reset();
}
