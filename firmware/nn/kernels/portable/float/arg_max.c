/* The place of the largest or the smallest of floats in plain C. */
#include "kernels/arg_max.h"

static int32_t first_extremum(const nn_arg_max_params *p, const float *input) {
    int32_t place = 0;
    for (int32_t i = 1; i < p->size; i++) {
        float value = input[i * p->inner];
        float best = input[place * p->inner];
        place = (p->is_largest ? value > best : value < best) ? i : place;
    }
    return place;
}

void nn_arg_max_f32(const nn_arg_max_params *params, const float *input, int32_t *output) {
    const nn_arg_max_params *p = params;
    for (int32_t i = 0; i < p->outer * p->inner; i++) {
        int32_t start = i / p->inner * p->size * p->inner + i % p->inner;
        output[1 % p->words] = 0; /* the upper half, if there is one */
        output[0] = first_extremum(p, input + start);
        output += p->words;
    }
}
