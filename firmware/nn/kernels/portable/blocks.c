/* Cutting images into blocks in plain C. */
#include "kernels/blocks.h"

#include <stdbool.h>
#include <string.h>

static bool is_within(const nn_block_axis *axis, int32_t place) {
    return place >= 0 && place < axis->image;
}

void nn_space_to_batch(const nn_blocks_params *params, const uint8_t *input, uint8_t *output) {
    const nn_blocks_params *p = params;
    int32_t rows = p->y.block * p->x.block * p->batches * p->y.part;
    for (int32_t i = 0; i < rows; i++) {
        int32_t part = i / p->y.part; /* all of them, of all images */
        int32_t shift = part / p->batches;
        int32_t y = i % p->y.part * p->y.block + shift / p->x.block - p->y.edge;
        int32_t row = part % p->batches * p->y.image + y;
        for (int32_t j = 0; j < p->x.part; j++) {
            int32_t x = j * p->x.block + shift % p->x.block - p->x.edge;
            if (is_within(&p->y, y) && is_within(&p->x, x)) {
                memcpy(output, input + (row * p->x.image + x) * p->point, (size_t)p->point);
            } else {
                memset(output, p->filler, (size_t)p->point);
            }
            output += p->point;
        }
    }
}

void nn_batch_to_space(const nn_blocks_params *params, const uint8_t *input, uint8_t *output) {
    const nn_blocks_params *p = params;
    for (int32_t i = 0; i < p->batches * p->y.image; i++) {
        int32_t y = i % p->y.image + p->y.edge;
        for (int32_t j = 0; j < p->x.image; j++) {
            int32_t x = j + p->x.edge;
            int32_t shift = y % p->y.block * p->x.block + x % p->x.block;
            int32_t part = shift * p->batches + i / p->y.image;
            int32_t place = (part * p->y.part + y / p->y.block) * p->x.part + x / p->x.block;
            memcpy(output, input + place * p->point, (size_t)p->point);
            output += p->point;
        }
    }
}
