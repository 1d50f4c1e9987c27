/* Firmware for MPS2 that polls UART0 (Arm DDI 0479, CMSDK, 4.3) and never waits for an interrupt.
 * It says "ready", then each command back, as far as its '%'. SILENCE is for how many rounds of a
 * loop the receiver is off before each command; at 0, it is never off. */

#include <stdint.h>

typedef struct {
    uint32_t data;
    uint32_t state;
    uint32_t control;
    uint32_t interrupt;
    uint32_t divider;
} cmsdk_uart;

#define UART ((volatile cmsdk_uart *)0x40004000u)

enum { STATE_TX_FULL = 1, STATE_RX_FULL = 2 };
enum { CONTROL_TX = 1, CONTROL_RX = 2 };
enum { CLOCK_HZ = 25000000, BAUD = 115200 };

static void put(char c) {
    while ((UART->state & STATE_TX_FULL) != 0) {
    }
    UART->data = (uint32_t)c;
}

static char get(void) {
    while ((UART->state & STATE_RX_FULL) == 0) {
    }
    return (char)UART->data;
}

static void be_silent(uint32_t rounds) {
    if (rounds != 0) {
        UART->control = CONTROL_TX;
        for (volatile uint32_t i = 0; i < rounds; i++) {
        }
    }
    UART->control = CONTROL_TX | CONTROL_RX;
}

static void say_back(void) {
    char c;
    do {
        c = get();
        put(c);
    } while (c != '%');
}

static void reset(void) {
    UART->divider = CLOCK_HZ / BAUD;
    UART->control = CONTROL_TX;
    for (const char *c = "ready\n"; *c != 0; c++) {
        put(*c);
    }
    for (;;) {
        be_silent(SILENCE);
        say_back();
    }
}

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t stack_end;
    void (*reset)(void);
} vectors = {0x20001000u, reset};
