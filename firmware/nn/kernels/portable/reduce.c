/* Sums and means in plain C. */
#include "kernels/reduce.h"

#include "fixed_point.h"

static int32_t sum_of(const nn_grid *reduced, int32_t count, uint8_t flip, const uint8_t *input) {
    nn_walk walk = {0};
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += input[walk.offset] ^ flip;
        nn_walk_on(&walk, reduced);
    }
    return sum;
}

void nn_reduce_8(const nn_reduce_params *params, const uint8_t *input, uint8_t *output) {
    const nn_reduce_params *p = params;
    int32_t outputs = nn_grid_count(&p->outputs);
    int32_t count = nn_grid_count(&p->reduced);
    nn_walk walk = {0};
    for (int32_t i = 0; i < outputs; i++) {
        int32_t sum = sum_of(&p->reduced, count, p->flip, input + walk.offset);
        int32_t scaled = nn_multiply(sum + p->offset, p->multiplier, p->shift);
        scaled = nn_wrapping_add(scaled, p->output_offset);
        output[i] = (uint8_t)nn_clamp(scaled, p->min, p->max);
        nn_walk_on(&walk, &p->outputs);
    }
}
