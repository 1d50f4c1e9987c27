/* Corrupts a model, one byte at a time, and sets it up and runs it each time:
 *
 *     corrupt MODEL SEED COUNT
 *
 * COUNT times a byte at a random place becomes a random other one. It prints how many were refused
 * and how many ran. What stops it, a sanitizer or a run of over 20 s, is told with the byte. */
#include <inttypes.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "block.h"
#include "nn.h"

enum { ARENA_SIZE = 64512, TIME_OUT_S = 20 };

static size_t place;
static uint8_t was;
static uint8_t is;

static void tell_byte(void) {
    dprintf(STDERR_FILENO, "byte %zu: 0x%02x became 0x%02x\n", place, was, is);
}

static void time_out(int signal) {
    (void)signal;
    tell_byte();
    dprintf(STDERR_FILENO, "it runs for over %d s\n", TIME_OUT_S);
    _exit(3);
}

/* Xorshift (Marsaglia, 2003), 64 bits; the state is never 0. */
static uint32_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

static uint8_t *read_model(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(2);
    }
    *size = (size_t)ftell(file);
    uint8_t *model = block_new(*size);
    rewind(file);
    if (*size == 0 || fread(model, 1, *size, file) != *size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }
    fclose(file);
    return model;
}

static bool run(const uint8_t *model, size_t size, uint8_t *arena) {
    nn_interpreter interpreter;
    nn_error error;
    if (!nn_init(&interpreter, model, size, nn_all_ops, arena, ARENA_SIZE, &error)) {
        return false;
    }
    for (uint32_t i = 0; i < nn_input_count(&interpreter); i++) {
        nn_tensor input = nn_input(&interpreter, i);
        memset(input.data, 0x5a, input.bytes);
    }
    return nn_invoke(&interpreter, &error);
}

int main(int argument_count, char **arguments) {
    if (argument_count != 4) {
        fprintf(stderr, "usage: corrupt MODEL SEED COUNT\n");
        return 2;
    }
    size_t size;
    uint8_t *model = read_model(arguments[1], &size);
    uint64_t random = strtoull(arguments[2], NULL, 10) * 2u + 1u;
    uint32_t count = (uint32_t)strtoul(arguments[3], NULL, 10);
    uint8_t *arena = block_new(ARENA_SIZE);
    uint32_t ran = 0;
    __sanitizer_set_death_callback(tell_byte);
    signal(SIGALRM, time_out);
    for (uint32_t i = 0; i < count; i++) {
        place = next_random(&random) % size;
        was = model[place];
        is = (uint8_t)(was + 1u + next_random(&random) % 255u);
        model[place] = is;
        alarm(TIME_OUT_S);
        ran += run(model, size, arena) ? 1u : 0u;
        model[place] = was;
    }
    printf("%" PRIu32 " refused, %" PRIu32 " ran\n", count - ran, ran);
    free(arena);
    free(model);
    return 0;
}
