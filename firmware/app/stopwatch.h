/**
 * stopwatch: exact ticks of a piece of code, in bsp_board.ticks_unit.
 */
#ifndef APP_STOPWATCH_H
#define APP_STOPWATCH_H

#include <stdint.h>

/** Measures the stopwatch itself; call once before the others. */
void stopwatch_init(void);

/** Disables interrupts and starts. */
void stopwatch_start(void);

/** The ticks since the start, the stopwatch's own left out; enables interrupts again. */
uint64_t stopwatch_stop(void);

#endif
