/**
 * timer: the timer of the MPS2 boards that ticks are told by.
 */
#ifndef BSP_MPS_TIMER_H
#define BSP_MPS_TIMER_H

#include <stdint.h>

/* Arm DDI 0479 (CMSDK), 4.1 (APB timer). */
typedef struct {
    uint32_t control;
    uint32_t value;
    uint32_t reload;
} cmsdk_timer;

#define TIMER0 ((volatile cmsdk_timer *)0x40000000u)

enum { TIMER_CONTROL_RUN = 1 };

#endif
