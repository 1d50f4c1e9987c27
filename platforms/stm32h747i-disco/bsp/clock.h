/**
 * clock: supply and clocks, from what a reset leaves to 400 MHz.
 *
 *     HSE 25 MHz / 5 * 160 / 2 (PLL1) = 400 MHz   Cortex-M7
 *                                  / 2 = 200 MHz   AXI, AHB, flash memory
 *                                  / 2 = 100 MHz   APB, USART1
 */
#ifndef BOARD_CLOCK_H
#define BOARD_CLOCK_H

#define CLOCK_CORE_HZ 400000000u
#define CLOCK_APB2_HZ 100000000u

/** APB2 after a reset: the internal oscillator. */
#define CLOCK_APB2_RESET_HZ 64000000u

/** Configures supply, voltage and clocks. Returns NULL, or what did not start; then everything runs
 *  from the internal oscillator, as after a reset. */
const char *clock_start(void);

#endif
