/* A board without hardware. */
#include "test/host_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "app/commands.h"
#include "bsp/bsp.h"

/* One where a host has no memory of its own, of 32 bits. */
#define LANE_ADDRESS 0x60000000u

const bsp_facts bsp_board = {"host", 1, "none", LANE_ADDRESS, HOST_LANE_SIZE};

/* An ELF note, whose place the linker script gives on a board. */
const uint32_t linker_build_id[5] = {4, 4, 3, 0x00554E47u, 0xEFBEADDEu};

uint64_t host_now;

uint8_t *host_map_lane(void) {
    void *lane = mmap((void *)(uintptr_t)LANE_ADDRESS, HOST_LANE_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (lane == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return lane;
}

uint64_t bsp_ticks(void) {
    return ++host_now;
}

uint64_t bsp_time_us(void) {
    return ++host_now;
}

void bsp_uart_flush(void) {
}

bool bsp_uart_overrun(void) {
    return false;
}

void bsp_interrupts_disable(void) {
}

void bsp_interrupts_enable(void) {
}

uint32_t bsp_stack_size(void) {
    return 0;
}

uint32_t bsp_stack_used(void) {
    return 0;
}

uint32_t bsp_stack_used_since_mark(void) {
    return 0;
}

void command_fault(const parse_words *words) {
    (void)words;
}
