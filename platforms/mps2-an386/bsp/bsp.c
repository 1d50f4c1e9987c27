/* The MPS2-AN386 as QEMU simulates it. */

#include "bsp/bsp.h"

#include "board.h"

const bsp_facts bsp_board = {
    .core = "Cortex-M4",
    .core_hz = BOARD_UART_CLOCK_HZ,
    .ticks_unit = "instructions",
    .lane_address = 0x21000000u,
    .lane_size = 16u << 20,
};
