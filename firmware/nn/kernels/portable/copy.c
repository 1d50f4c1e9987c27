/* Moving bytes in plain C. */
#include "kernels/copy.h"

#include <string.h>

/* Single bytes are most of what transpositions move, and too short for a call. */
static inline void copy_run(uint8_t *to, const uint8_t *from, int32_t bytes) {
    if (bytes == 1) {
        *to = *from;
    } else {
        memcpy(to, from, (size_t)bytes);
    }
}

void nn_gather(const nn_runs *runs, const uint8_t *input, uint8_t *output) {
    int32_t count = nn_grid_count(&runs->grid);
    nn_walk walk = {.offset = runs->origin};
    for (int32_t i = 0; i < count; i++) {
        copy_run(output, input + walk.offset, runs->run);
        output += runs->run;
        nn_walk_on(&walk, &runs->grid);
    }
}

void nn_pad(const nn_runs *runs, const uint8_t *input, const uint8_t *value, int32_t size,
            uint8_t *output, int32_t bytes) {
    int32_t count = nn_grid_count(&runs->grid);
    nn_walk walk = {.offset = runs->origin};
    for (int32_t i = 0; i < bytes; i += size) {
        copy_run(output + i, value, size);
    }
    for (int32_t i = 0; i < count; i++) {
        copy_run(output + walk.offset, input, runs->run);
        input += runs->run;
        nn_walk_on(&walk, &runs->grid);
    }
}

void nn_copy_rows(const uint8_t *input, int32_t input_stride, uint8_t *output,
                  int32_t output_stride, int32_t rows, int32_t bytes) {
    for (int32_t i = 0; i < rows; i++) {
        memcpy(output, input, (size_t)bytes);
        input += input_stride;
        output += output_stride;
    }
}
