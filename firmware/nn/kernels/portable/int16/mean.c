/* Means of int16. */
#include "fixed_point.h"
#include "kernels/int16.h"

void nn_mean_s16(const nn_mean_s16_params *params, const int16_t *input, int16_t *output) {
    const nn_mean_s16_params *p = params;
    int32_t outputs = nn_grid_count(&p->outputs);
    int32_t count = nn_grid_count(&p->reduced);
    nn_walk walk = {0};
    for (int32_t i = 0; i < outputs; i++) {
        nn_walk inner = {0};
        int32_t sum = 0;
        for (int32_t j = 0; j < count; j++) {
            sum += input[walk.offset + inner.offset];
            nn_walk_on(&inner, &p->reduced);
        }
        int32_t scaled = nn_multiply(sum, p->multiplier, p->shift);
        output[i] = (int16_t)nn_clamp(scaled, INT16_MIN, INT16_MAX);
        nn_walk_on(&walk, &p->outputs);
    }
}
