/* Exact ticks of a piece of code: two readings, less what an empty measurement gives. */

#include "app/stopwatch.h"

#include "bsp/bsp.h"

static uint64_t started;
static uint64_t overhead;

void stopwatch_init(void) {
    stopwatch_start();
    overhead = stopwatch_stop();
}

/* Not inlined: every measurement must run the same instructions round the code it measures. */
__attribute__((noinline)) void stopwatch_start(void) {
    bsp_interrupts_disable();
    started = bsp_ticks();
}

__attribute__((noinline)) uint64_t stopwatch_stop(void) {
    uint64_t stopped = bsp_ticks();
    bsp_interrupts_enable();
    return stopped - started - overhead;
}
