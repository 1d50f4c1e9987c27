/* Mean in plain C. */
#include "kernels/mean.h"

#include "fixed_point.h"

static int32_t sum_of(const nn_grid *reduced, int32_t count, const int8_t *input) {
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += input[nn_grid_at(reduced, i)];
    }
    return sum;
}

void nn_mean_s8(const nn_mean_params *params, const int8_t *input, int8_t *output) {
    const nn_mean_params *p = params;
    int32_t outputs = nn_grid_count(&p->outputs);
    int32_t count = nn_grid_count(&p->reduced);
    for (int32_t i = 0; i < outputs; i++) {
        int32_t sum = sum_of(&p->reduced, count, input + nn_grid_at(&p->outputs, i));
        int32_t mean = nn_multiply(sum + p->offset, p->multiplier, p->shift);
        mean = nn_wrapping_add(mean, p->output_offset);
        output[i] = (int8_t)nn_clamp(mean, INT8_MIN, INT8_MAX);
    }
}
