/* The largest's place in plain C. */
#include "kernels/arg_max.h"

static int32_t first_largest(const int8_t *input, int32_t size, int32_t stride) {
    int32_t largest = 0;
    for (int32_t i = 1; i < size; i++) {
        largest = input[i * stride] > input[largest * stride] ? i : largest;
    }
    return largest;
}

void nn_arg_max_s8(const nn_arg_max_params *params, const int8_t *input, int32_t *output) {
    const nn_arg_max_params *p = params;
    for (int32_t i = 0; i < p->outer * p->inner; i++) {
        int32_t start = i / p->inner * p->size * p->inner + i % p->inner;
        output[1 % p->words] = 0; /* the upper half, if there is one */
        output[0] = first_largest(input + start, p->size, p->inner);
        output += p->words;
    }
}
