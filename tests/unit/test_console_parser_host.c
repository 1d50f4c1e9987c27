/* The firmware's console as a program: standard input and output are the UART. Board, engine and
 * linker are replaced by the least that it needs. The first argument is the input tensor's scale.
 *
 * The model has 8 input bytes and 3 outputs: the sum of the input, the first byte and the last. It
 * has 3 ops; the second gives two tensors of one byte, the others the model's output. A model that
 * begins with the byte 255 is refused. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/classifier.h"
#include "app/commands.h"
#include "app/console.h"
#include "app/engine.h"
#include "app/selftest.h"
#include "app/stopwatch.h"
#include "app/text.h"
#include "bsp/bsp.h"
#include "test/host_board.h"

#define INPUT_BYTES 8u
#define OUTPUT_BYTES 3u
#define OP_COUNT 3u

/* What the embedded files give on a board. */
const uint8_t blob_model[16];
const uint8_t blob_model_end[1];

static const uint64_t op_ticks[OP_COUNT] = {10, 30, 60};

static int pending = EOF;
static uint8_t tensors[INPUT_BYTES + OUTPUT_BYTES];
static float input_scale;
static engine_hook hook;
static void *hook_context;

static bool receive(void) {
    if (pending == EOF) {
        pending = getchar();
    }
    return pending != EOF;
}

int bsp_uart_read(void) {
    int byte = pending;
    pending = EOF;
    return byte;
}

/* The end of the input is a host that has gone silent. */
bool bsp_uart_wait(uint32_t timeout_us) {
    (void)timeout_us;
    return receive();
}

void bsp_idle(void) {
    if (!receive()) {
        exit(EXIT_SUCCESS);
    }
}

void bsp_uart_write(const char *data, size_t size) {
    fwrite(data, 1, size, stdout);
}

_Noreturn void bsp_reset(void) {
    exit(EXIT_SUCCESS);
}

void bsp_stack_mark(void) {
}

bool selftest_run(void) {
    return true;
}

uint32_t selftest_label_count(void) {
    return 1;
}

const char *selftest_labels(void) {
    return "a \"quoted\\ label";
}

bool engine_use(const uint8_t *model, size_t model_size, uint8_t *arena, size_t arena_size) {
    (void)model_size, (void)arena, (void)arena_size;
    return model[0] != 0xFFu;
}

void engine_print_error(void) {
    text("refused by the test");
}

bool engine_invoke(void) {
    uint8_t sum = 0;
    for (uint32_t i = 0; i < INPUT_BYTES; i++) {
        sum = (uint8_t)(sum + tensors[i]);
    }
    tensors[INPUT_BYTES] = sum;
    tensors[INPUT_BYTES + 1] = tensors[0];
    tensors[INPUT_BYTES + 2] = tensors[INPUT_BYTES - 1];
    memset(tensors, 0, INPUT_BYTES); /* as an engine may that reuses its arena */
    for (uint32_t i = 0; i < OP_COUNT; i++) {
        host_now += op_ticks[i];
        if (hook != NULL) {
            hook(hook_context, i);
        }
    }
    return true;
}

uint32_t engine_input_count(void) {
    return 1;
}

uint32_t engine_output_count(void) {
    return 1;
}

nn_tensor engine_input(uint32_t i) {
    (void)i;
    return (nn_tensor){.data = tensors,
                       .bytes = INPUT_BYTES,
                       .type = NN_UINT8,
                       .rank = 2,
                       .dims = {1, INPUT_BYTES},
                       .scale = input_scale};
}

nn_tensor engine_output(uint32_t i) {
    (void)i;
    return (nn_tensor){.data = tensors + INPUT_BYTES,
                       .bytes = OUTPUT_BYTES,
                       .type = NN_UINT8,
                       .rank = 2,
                       .dims = {1, OUTPUT_BYTES},
                       .scale = 1.0f / 256.0f};
}

uint32_t engine_arena_used(void) {
    return 0;
}

uint32_t engine_op_count(void) {
    return OP_COUNT;
}

uint32_t engine_op_output_count(uint32_t i) {
    return i == 1 ? 2 : 1;
}

nn_tensor engine_op_output(uint32_t i, uint32_t j) {
    return (nn_tensor){
        .data = tensors + INPUT_BYTES + j, .bytes = i == 1 ? 1 : OUTPUT_BYTES, .type = NN_UINT8};
}

void engine_set_hook(engine_hook wanted, void *context) {
    hook = wanted;
    hook_context = context;
}

const char *engine_op_name(uint32_t i) {
    return i == 1 ? "ADD" : "CONV_2D";
}

int main(int argument_count, char **arguments) {
    input_scale = argument_count > 1 ? strtof(arguments[1], NULL) : 1.0f;
    uint8_t *lane = host_map_lane();
    for (uint32_t i = 0; i < HOST_LANE_SIZE; i++) {
        lane[i] = (uint8_t)i;
    }
    stopwatch_init();
    (void)classifier_init();
    console_run();
}
