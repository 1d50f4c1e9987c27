/* The MPS2-AN500 as QEMU simulates it: CMSDK UART0 and a CMSDK timer.
 *
 * Ticks are instructions. They need QEMU's `-icount shift=0,sleep=off`, where one instruction takes
 * exactly 1 ns; without it the counts follow the host's clock and mean nothing. */

#include "bsp/bsp.h"
#include "bsp/cortex_m/cortex_m.h"
#include "bsp/divide.h"
#include "bsp/ring.h"

/* Arm DDI 0479 (CMSDK), 4.3 (APB UART) and 4.1 (APB timer). */
typedef struct {
    uint32_t data;
    uint32_t state;
    uint32_t control;
    uint32_t interrupt; /* write 1 to clear */
    uint32_t divider;
} cmsdk_uart;

typedef struct {
    uint32_t control;
    uint32_t value;
    uint32_t reload;
} cmsdk_timer;

#define UART0 ((volatile cmsdk_uart *)0x40004000u)
#define TIMER0 ((volatile cmsdk_timer *)0x40000000u)

enum { UART_STATE_TX_FULL = 1, UART_STATE_RX_FULL = 2 };
enum { UART_CONTROL_TX = 1, UART_CONTROL_RX = 2, UART_CONTROL_RX_INTERRUPT = 8 };
enum { UART_INTERRUPT_RX = 2 };
enum { TIMER_CONTROL_RUN = 1 };

#define CLOCK_HZ 25000000u
#define TIMER_TICKS_PER_US (CLOCK_HZ / 1000000u)
#define UART_BAUD 115200u
#define UART0_RX_IRQ 0u

const bsp_facts bsp_board = {
    .core = "Cortex-M7",
    .core_hz = CLOCK_HZ,
    .ticks_unit = "instructions",
    .lane_address = 0x60000000u,
    .lane_size = 16u << 20,
};

static ring received;
static volatile bool overrun;

static uint32_t timer_last;
static uint64_t timer_total;

static void uart0_rx_handler(void) {
    UART0->interrupt = UART_INTERRUPT_RX;
    while ((UART0->state & UART_STATE_RX_FULL) != 0) {
        if (!ring_push(&received, (uint8_t)UART0->data)) {
            overrun = true;
        }
    }
}

__attribute__((section(".vectors.irq"), used)) static const cortex_vector irq_vectors[] = {
    [UART0_RX_IRQ] = uart0_rx_handler,
};

void bsp_init(void) {
    TIMER0->reload = UINT32_MAX;
    TIMER0->value = UINT32_MAX;
    TIMER0->control = TIMER_CONTROL_RUN;
    timer_last = UINT32_MAX;

    UART0->divider = CLOCK_HZ / UART_BAUD;
    UART0->control = UART_CONTROL_TX | UART_CONTROL_RX | UART_CONTROL_RX_INTERRUPT;
    NVIC_ISER0 = 1u << UART0_RX_IRQ;
    cortex_irq_enable();
}

void bsp_uart_flush(void) {
    while ((UART0->state & UART_STATE_TX_FULL) != 0) {
    }
}

void bsp_uart_write(const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        bsp_uart_flush();
        UART0->data = (uint8_t)data[i];
    }
}

int bsp_uart_read(void) {
    return ring_pop(&received);
}

/* Spins instead of sleeping: with `sleep=off` a sleeping machine jumps to its next timer at once,
 * so the time-out would be over before the host could send anything. Spinning, a simulated second
 * costs the host about a second. The ring is in memory, so the inner loop is cheap; reading the
 * timer is not. */
bool bsp_uart_wait(uint32_t timeout_us) {
    uint64_t start = bsp_time_us();
    while (bsp_time_us() - start < timeout_us) {
        for (uint32_t spin = 0; spin < 10000u; spin++) {
            if (!ring_is_empty(&received)) {
                return true;
            }
        }
    }
    return false;
}

int bsp_uart_poll(void) {
    return (UART0->state & UART_STATE_RX_FULL) != 0 ? (int)(UART0->data & 0xFFu) : -1;
}

bool bsp_uart_overrun(void) {
    bool was = overrun;
    overrun = false;
    return was;
}

/* The timer stands still meanwhile: with `sleep=off` a running timer would make QEMU jump from one
 * wrap of it to the next, for ever and at full speed. */
void bsp_idle(void) {
    cortex_irq_disable();
    if (ring_is_empty(&received)) {
        TIMER0->control = 0;
        cortex_wait_for_interrupt();
        TIMER0->control = TIMER_CONTROL_RUN;
    }
    cortex_irq_enable();
}

/* The timer counts down; this is how far it has come, wraps included. */
static uint64_t timer_count(void) {
    uint32_t now = TIMER0->value;
    timer_total += timer_last - now;
    timer_last = now;
    return timer_total;
}

/* Sums VERNIER_READS elapsed timer counts, read exactly VERNIER_READS + 1 instructions apart. */
#define VERNIER_READS 40u
static inline uint32_t vernier_sum(uint32_t from) {
    uint32_t sum = 0;
    uint32_t left = VERNIER_READS;
    uint32_t now;
    __asm volatile("1: ldr %[now], [%[timer]]\n\t"
                   "sub %[now], %[from], %[now]\n\t"
                   "add %[sum], %[sum], %[now]\n\t"
                   ".rept 36\n\t"
                   "nop\n\t"
                   ".endr\n\t"
                   "subs %[left], %[left], #1\n\t"
                   "bne 1b"
                   : [now] "=&r"(now), [sum] "+&r"(sum), [left] "+&r"(left)
                   : [timer] "r"(&TIMER0->value), [from] "r"(from)
                   : "cc", "memory");
    return sum;
}

/* A timer count takes 40 instructions, but the answer is exact to one. With T the instructions so
 * far, a read k * 41 instructions later gives floor((T + 41k) / 40) = k + floor(T/40 + k/40); over
 * k = 0..39 the floors add up to floor(40 * T/40) = T (Hermite's identity), the k to 780. There is
 * no branch on the data, so a call always takes the same number of instructions. */
__attribute__((noinline)) uint64_t bsp_ticks(void) {
    uint64_t count = timer_count();
    uint32_t sum = vernier_sum(timer_last);
    return count * VERNIER_READS + sum - VERNIER_READS * (VERNIER_READS - 1u) / 2u;
}

uint64_t bsp_time_us(void) {
    uint32_t remainder;
    return divide_u64(timer_count(), TIMER_TICKS_PER_US, &remainder);
}
