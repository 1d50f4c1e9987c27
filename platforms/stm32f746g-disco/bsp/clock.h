/**
 * clock: voltage and clocks, from what a reset leaves to 216 MHz.
 *
 *     HSE 25 MHz / 25 * 432 / 2 (PLL) = 216 MHz   Cortex-M7, AXI, AHB, flash memory
 *                                 / 2 = 108 MHz   APB2, USART1
 *                                 / 4 =  54 MHz   APB1
 */
#ifndef BOARD_CLOCK_H
#define BOARD_CLOCK_H

#define CLOCK_CORE_HZ 216000000u
#define CLOCK_APB2_HZ 108000000u

/** APB2 after a reset: the internal oscillator. */
#define CLOCK_APB2_RESET_HZ 16000000u

/** Configures voltage and clocks. Returns NULL, or what did not start; then everything runs from
 * the internal oscillator, as after a reset. */
const char *clock_start(void);

#endif
