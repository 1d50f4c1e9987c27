/**
 * board: what the code that the MPS boards share has to know of the MPS3-AN547.
 */
#ifndef BOARD_H
#define BOARD_H

/** UART0, where secure code sees it, and the clock of the peripherals (Arm DAI 0547, "Memory map"
 *  and "Clocks"). */
#define BOARD_UART_ADDRESS 0x59303000u
#define BOARD_UART_CLOCK_HZ 25000000u

/** Of either direction; only reception is enabled. */
#define BOARD_UART_IRQ 43u

/** Of the FPGA's counter, with QEMU's -icount shift=0: 1 / 20 MHz is 50 ns. */
#define BOARD_INSTRUCTIONS_PER_COUNT 50u

#endif
