/**
 * board: what the code that the MPS boards share has to know of the MPS2-AN500.
 */
#ifndef BOARD_H
#define BOARD_H

/** UART0, the interrupt of its reception, and the clock of it, of the timers and of the core (Arm
 *  DAI 0500). */
#define BOARD_UART_ADDRESS 0x40004000u
#define BOARD_UART_CLOCK_HZ 25000000u
#define BOARD_UART_IRQ 0u

/** Of the timer, with QEMU's -icount shift=0: 1 / 25 MHz is 40 ns. */
#define BOARD_INSTRUCTIONS_PER_COUNT 40u

#endif
