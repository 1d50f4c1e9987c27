/* The core's caches: invalidated and switched on. */

#include "bsp/cortex_m/cortex_m.h"

/* Arm DDI 0489 (Cortex-M7), 4.3.5 (CCSIDR): lines of 32 bytes, 4 ways at most. */
#define WAY_SHIFT 30u
#define SET_SHIFT 5u

static void enable_instruction_cache(void) {
    SCB_ICIALLU = 0;
    cortex_barrier();
    SCB_CCR |= SCB_CCR_IC;
    cortex_barrier();
}

/* A cache holds junk after power-on, so every line is invalidated, by set and way. */
static void enable_data_cache(void) {
    SCB_CSSELR = 0;
    cortex_barrier();
    uint32_t size = SCB_CCSIDR;
    uint32_t last_set = (size >> 13) & 0x7FFFu;
    uint32_t last_way = (size >> 3) & 0x3FFu;
    for (uint32_t set = 0; set <= last_set; set++) {
        for (uint32_t way = 0; way <= last_way; way++) {
            SCB_DCISW = way << WAY_SHIFT | set << SET_SHIFT;
        }
    }
    cortex_barrier();
    SCB_CCR |= SCB_CCR_DC;
    cortex_barrier();
}

void cortex_caches_enable(void) {
    if ((SCB_CCR & SCB_CCR_IC) == 0) {
        enable_instruction_cache();
    }
    if ((SCB_CCR & SCB_CCR_DC) == 0) {
        enable_data_cache();
    }
}
