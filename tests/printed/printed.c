/* Firmware that prints results in its own words, on the MPS2-AN500: all of them at boot; or, built
   with SENT, the one that belongs to each line that it is sent. What it prints is in words.h. */

#include <stdint.h>

#include "words.h"

typedef volatile uint32_t reg;

#define UART_DATA (*(reg *)0x40004000u)
#define UART_STATE (*(reg *)0x40004004u)
#define UART_CTRL (*(reg *)0x40004008u)
#define UART_INT (*(reg *)0x4000400cu)
#define UART_BAUDDIV (*(reg *)0x40004010u)
#define NVIC_ISER (*(reg *)0xe000e100u)
#define NVIC_ICPR (*(reg *)0xe000e280u)

enum { TX_FULL = 1, RX_FULL = 2, TX_ON = 1, RX_ON = 2, RX_INTERRUPT_ON = 8 };

extern uint32_t stack_end[];

static void print(const char *text) {
    for (; *text; text++) {
        while (UART_STATE & TX_FULL) {
        }
        UART_DATA = (uint8_t)*text;
    }
}

#ifdef SENT

static uint8_t next_byte(void) {
    while (!(UART_STATE & RX_FULL)) {
        /* Interrupts are masked: one that is pending wakes it up, and none is taken. */
        __asm volatile("wfi");
        UART_INT = 2;
        NVIC_ICPR = 1;
    }
    return (uint8_t)UART_DATA;
}

/* FNV-1a of what is sent up to the end of the line. */
static uint32_t hash_of_line(void) {
    uint32_t hash = 2166136261u;
    for (uint8_t byte = next_byte(); byte != '\n'; byte = next_byte()) {
        hash = (hash ^ byte) * 16777619u;
    }
    return hash;
}

static void answer(uint32_t hash) {
    for (uint32_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (answers[i].hash == hash) {
            print(answers[i].text);
            return;
        }
    }
    print("what is that?\n");
}

static void run(void) {
    for (;;) {
        print(PROMPT);
        answer(hash_of_line());
    }
}

#else

static void run(void) {
    print(ALL);
}

#endif

void start(void);
void start(void) {
    UART_BAUDDIV = 217;
    UART_CTRL = TX_ON | RX_ON | RX_INTERRUPT_ON;
    __asm volatile("cpsid i");
    NVIC_ISER = 1;
    run();
    for (;;) {
        __asm volatile("wfi");
    }
}

__attribute__((used, section(".vectors"))) static const void *const vectors[] = {
    stack_end,
    (const void *)start,
};
