/**
 * start: steps of the start that STM32 boards with a Cortex-M7 share, the F7 and the H7.
 */
#ifndef BSP_STM32_START_H
#define BSP_STM32_START_H

/** Forbids what is nowhere on the chip, in the MPU's regions 1 to 4. */
void stm32_forbid_unused_addresses(void);

/** Tells what is wrong. The UART runs, at whatever clock there is; interrupts are off. Any command
 *  is a new attempt. */
_Noreturn void stm32_give_up(const char *problem);

#endif
