/* Mutates a FlatBuffer field by field: a file that grew or shrank in its middle has no offset left
 * that means anything, and is refused before any interesting code sees it. */
#include <stdint.h>
#include <string.h>

/* Of libFuzzer: https://llvm.org/docs/LibFuzzer.html, "Structure-Aware Fuzzing". */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u; /* Numerical Recipes' generator */
    return *state >> 8;
}

/* The place of a field: scalars in a FlatBuffer are aligned to their size. */
static size_t random_field(uint32_t *random, size_t size, size_t width) {
    return next_random(random) % (size / width) * width;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
    uint32_t random = seed;
    size_t width = (size_t)1 << next_random(&random) % 4u;
    uint32_t way = next_random(&random) % 8u;
    if (size < width || way == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    size_t field = random_field(&random, size, width);
    if (way < 3) {
        memmove(data + field, data + random_field(&random, size, width), width);
    } else {
        (void)LLVMFuzzerMutate(data + field, width, width);
    }
    return size;
}
