/* The MPS3-AN547 as QEMU simulates it: UART0 and the counter of the FPGA's system registers.
 *
 * Ticks are instructions. Everything runs in the secure state, in which the core starts. */

#include "bsp/bsp.h"

#include "board.h"
#include "bsp/cortex_m/cortex_m.h"
#include "bsp/divide.h"
#include "bsp/mps/vernier.h"
#include "bsp/uart.h"

/* Arm DAI 0547, "FPGA system control and I/O": the registers that are used, and gaps. */
typedef struct {
    uint32_t gap0[6];
    uint32_t counter; /* 0x18: counts up, once for each reload of the prescaler */
    uint32_t prescale;
} fpga_io;

#define FPGA_IO ((volatile fpga_io *)0x59302000u)
#define CORE_HZ 32000000u
#define COUNTER_HZ 20000000u /* in QEMU, without prescaling */
#define COUNTS_PER_US (COUNTER_HZ / 1000000u)

const bsp_facts bsp_board = {
    .core = "Cortex-M55",
    .core_hz = CORE_HZ,
    .ticks_unit = "instructions",
    .lane_address = 0x60000000u,
    .lane_size = 16u << 20,
};

static uint32_t counter_last;
static uint64_t counter_total;

void bsp_init(void) {
    FPGA_IO->prescale = 0;
    counter_last = FPGA_IO->counter;
    uart_start();
    cortex_irq_enable();
}

/* The counter needs no timer of QEMU's, so it stands still by itself while the core sleeps. */
void bsp_idle(void) {
    cortex_irq_disable();
    if (!uart_has_received()) {
        cortex_wait_for_interrupt();
    }
    cortex_irq_enable();
}

/* How far the counter has come, wraps included. */
static uint64_t counter_count(void) {
    uint32_t now = FPGA_IO->counter;
    counter_total += now - counter_last;
    counter_last = now;
    return counter_total;
}

/* There is no branch on the data, so a call always takes the same number of instructions. */
__attribute__((noinline)) uint64_t bsp_ticks(void) {
    uint64_t count = counter_count();
    uint32_t sum = vernier_sum(&FPGA_IO->counter) - VERNIER_READS * counter_last;
    return vernier_ticks(count, sum);
}

uint64_t bsp_time_us(void) {
    uint32_t remainder;
    return divide_u64(counter_count(), COUNTS_PER_US, &remainder);
}
