/* Firmware for the debugger's tests: no libraries, no start-up code, timers that run.
 *
 * It infers (it adds up its input) again and again, as firmware does that knows of no test, and
 * says so over a polled UART. */
#include <stdint.h>

#define SYSTICK ((volatile uint32_t *)0xE000E010u)
#define UART ((volatile uint32_t *)UART_ADDRESS)
#ifdef STM32
/* Renode's takes whatever is written to it; ICR, which reads as 0, stands for its state. */
enum { UART_DATA = 10, UART_STATE = 8, UART_CONTROL = 0, UART_DIVIDER = 3, UART_TX_ENABLE = 9 };
#else
enum { UART_DATA = 0, UART_STATE = 1, UART_CONTROL = 2, UART_DIVIDER = 4, UART_TX_ENABLE = 1 };
#endif
enum { UART_TX_FULL = 1 };

#define NAKED __attribute__((naked, noinline, used))

extern uint32_t stack_top[];
void reset(void);

__attribute__((section(".vectors"), used)) const void *const vectors[] = {stack_top, reset};

uint8_t input[5000];
uint32_t output[2];

__attribute__((noinline)) uint32_t infer(const uint8_t *data, uint32_t size) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < size; i++) {
        sum += data[i] * (i + 1);
    }
    output[0] = sum;
    output[1]++;
    return sum;
}

/* 101 instructions to its return, that among them. */
NAKED void straight(void) {
    __asm volatile(".rept 100\n nop\n .endr\n bx lr");
}

/* 2 + 2 * 1000003 instructions to its return. */
NAKED void loop(void) {
    __asm volatile("ldr r0, =1000003\n 0: subs r0, #1\n bne 0b\n bx lr\n .ltorg");
}

/* 5 + 4 * 340000003 instructions to its return, so many that a counter of 32 bits comes round
 * meanwhile. It stops the timer, and lies far from where breakpoints are: both make QEMU slow. */
__attribute__((section(".far"))) NAKED void long_loop(void) {
    __asm volatile("ldr r1, =0xE000E010\n movs r0, #0\n str r0, [r1]\n ldr r0, =340000003\n"
                   "0: nop\n nop\n subs r0, #1\n bne 0b\n bx lr\n .ltorg");
}

static void put(const char *text) {
    for (; *text; text++) {
        while (UART[UART_STATE] & UART_TX_FULL) {
        }
        UART[UART_DATA] = (uint32_t)*text;
    }
}

/* Never returns; says more than any buffer between it and its reader holds. */
__attribute__((noinline, used)) void chatter(void) {
    SYSTICK[0] = 0;
    for (;;) {
        put("I say, I say, I say, I say, I say, I say, I say, I say, I say, I say, I say, I say\n");
    }
}

__attribute__((used)) void reset(void) {
    UART[UART_DIVIDER] = 16;
    UART[UART_CONTROL] = UART_TX_ENABLE;
    SYSTICK[1] = 2500;
    SYSTICK[2] = 0;
    SYSTICK[0] = 5; /* it runs, on the core's clock, and interrupts nobody */
    for (;;) {
        infer(input, sizeof input);
        put("inferred\n");
        straight();
        loop();
    }
}
