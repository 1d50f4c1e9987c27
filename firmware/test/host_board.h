/* A board without hardware, for programs on the host that run the console: its facts, a clock, a
 * memory lane. UART, sleep and restart are the program's, as is bsp_stack_mark(). */
#ifndef TEST_HOST_BOARD_H
#define TEST_HOST_BOARD_H

#include <stdint.h>

#define HOST_LANE_SIZE 4096u

/** The time in ticks, and in microseconds; whoever looks at it sets it on by one. */
extern uint64_t host_now;

/** Maps the memory lane where bsp_board says that it is, filled with zeros; ends the program if
 * that cannot be done. */
uint8_t *host_map_lane(void);

#endif
