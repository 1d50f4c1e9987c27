/* The place of the largest or the smallest in plain C. */
#include "kernels/arg_max.h"

static int32_t first_extremum(const nn_arg_max_params *p, const uint8_t *input, int32_t start) {
    int32_t place = 0;
    int32_t best = nn_element_at(p->element, input, start);
    for (int32_t i = 1; i < p->size; i++) {
        int32_t value = nn_element_at(p->element, input, start + i * p->inner);
        if (p->is_largest ? value > best : value < best) {
            best = value;
            place = i;
        }
    }
    return place;
}

void nn_arg_max(const nn_arg_max_params *params, const uint8_t *input, int32_t *output) {
    const nn_arg_max_params *p = params;
    for (int32_t i = 0; i < p->outer * p->inner; i++) {
        int32_t start = i / p->inner * p->size * p->inner + i % p->inner;
        output[1 % p->words] = 0; /* the upper half, if there is one */
        output[0] = first_extremum(p, input, start);
        output += p->words;
    }
}
