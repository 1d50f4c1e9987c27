/* Fuzzes the console: the application, the engine and a small model as they are linked for a board.
 * The board is played, whose UART receives the fuzzer's bytes; and every checksum is 0, because a
 * fuzzer cannot guess a right one.
 *
 * An input is over when the console has read all of it and would sleep, when it restarts the board,
 * or after more inferences than a fuzzer has time for. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/blobs.h"
#include "app/classifier.h"
#include "app/commands.h"
#include "app/console.h"
#include "app/crc32.h"
#include "app/selftest.h"
#include "app/stopwatch.h"
#include "bsp/bsp.h"
#include "test/host_board.h"

int LLVMFuzzerInitialize(int *argument_count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST_INFERENCES 10u

/* Brings the console to the state that it starts in: a line that was left ends, as a command that
 * there is not, and models, inputs and outputs are forgotten. */
#define AFRESH "?%model builtin%"

typedef struct {
    const uint8_t *data;
    size_t size;
} transmission;

static transmission sent[2]; /* with a pause between them */
static uint32_t current;
static size_t taken;
static uint32_t inferences;
static volatile uint32_t transmitted;
static uint8_t *lane;
static jmp_buf over;

bool bsp_uart_wait(uint32_t timeout_us) {
    host_now += timeout_us;
    return taken < sent[current].size;
}

int bsp_uart_read(void) {
    return taken < sent[current].size ? sent[current].data[taken++] : -1;
}

void bsp_idle(void) {
    if (current == 1) {
        longjmp(over, 1);
    }
    current++;
    taken = 0;
}

_Noreturn void bsp_reset(void) {
    longjmp(over, 1);
}

/* What is written has to be readable. */
void bsp_uart_write(const char *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        transmitted = transmitted + (uint8_t)data[i];
    }
}

/* Called before each inference. */
void bsp_stack_mark(void) {
    if (++inferences > MOST_INFERENCES) {
        longjmp(over, 1);
    }
}

uint32_t crc32(uint32_t crc, const uint8_t *data, size_t size) {
    (void)crc, (void)data, (void)size;
    return 0;
}

/* With the model, so that it can be loaded from there, too. */
static void fill_lane(void) {
    size_t model_size = (size_t)(blob_model_end - blob_model);
    memset(lane, 0x5a, HOST_LANE_SIZE);
    memcpy(lane, blob_model, model_size < HOST_LANE_SIZE ? model_size : HOST_LANE_SIZE);
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments) {
    (void)argument_count, (void)arguments;
    lane = host_map_lane();
    stopwatch_init();
    selftest_init();
    if (!classifier_init() || !selftest_run()) {
        fprintf(stderr, "the console's model does not run\n");
        exit(2);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sent[0] = (transmission){(const uint8_t *)AFRESH, sizeof AFRESH - 1};
    sent[1] = (transmission){data, size};
    fill_lane();
    current = 0;
    taken = 0;
    inferences = 0;
    if (setjmp(over) == 0) {
        console_run();
    }
    return 0;
}
