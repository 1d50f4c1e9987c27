/* The largest or the smallest along any dimensions in plain C. */
#include "kernels/reduce_extremum.h"

#include <string.h>

/* Where it is. */
static int32_t extremum_of(const nn_reduce_extremum_params *p, const uint8_t *input, int32_t start,
                           int32_t count) {
    nn_walk walk = {.offset = start};
    int32_t place = start;
    int32_t best = nn_element_at(p->element, input, start);
    for (int32_t i = 1; i < count; i++) {
        nn_walk_on(&walk, &p->reduced);
        int32_t element = nn_element_at(p->element, input, walk.offset);
        if (p->is_largest ? element > best : element < best) {
            best = element;
            place = walk.offset;
        }
    }
    return place;
}

void nn_reduce_extremum(const nn_reduce_extremum_params *params, const uint8_t *input,
                        uint8_t *output) {
    const nn_reduce_extremum_params *p = params;
    int32_t outputs = nn_grid_count(&p->outputs);
    int32_t count = nn_grid_count(&p->reduced);
    int32_t size = p->element.size;
    nn_walk walk = {0};
    for (int32_t i = 0; i < outputs; i++) {
        int32_t place = extremum_of(p, input, walk.offset, count);
        memcpy(output + i * size, input + place * size, (size_t)size);
        nn_walk_on(&walk, &p->outputs);
    }
}
