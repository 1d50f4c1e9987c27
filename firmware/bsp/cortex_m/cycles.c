/* The core's cycle counter, extended to 64 bits. */

#include "bsp/cortex_m/cortex_m.h"

#define DEMCR_TRCENA (1u << 24)
#define DWT_CTRL_CYCCNTENA 1u
#define DWT_LAR_KEY 0xC5ACCE55u

static uint32_t last;
static uint64_t total;

void cortex_cycles_start(void) {
    DEMCR |= DEMCR_TRCENA;
    DWT_LAR = DWT_LAR_KEY;
    DWT_CYCCNT = 0;
    last = 0;
    total = 0;
    cortex_cycles_resume();
}

void cortex_cycles_pause(void) {
    DWT_CTRL &= ~DWT_CTRL_CYCCNTENA;
}

void cortex_cycles_resume(void) {
    DWT_CTRL |= DWT_CTRL_CYCCNTENA;
}

uint64_t cortex_cycles(void) {
    uint32_t now = DWT_CYCCNT;
    total += now - last;
    last = now;
    return total;
}
