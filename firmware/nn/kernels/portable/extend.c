/* Continuing an input in plain C. */
#include "kernels/extend.h"

#include <string.h>

/* The element of the input that is at an element of the output, counted from the input's first. */
typedef int32_t source_of(const nn_extended *dim, int32_t edge, int32_t index);

static int32_t repeated(const nn_extended *dim, int32_t edge, int32_t index) {
    (void)edge;
    return index % dim->input;
}

static int32_t mirrored(const nn_extended *dim, int32_t edge, int32_t index) {
    int32_t source = index < 0 ? -index - edge : index;
    return source < dim->input ? source : 2 * dim->input - 2 + edge - source;
}

static int32_t place_of(const nn_extension *extension, source_of *source, int32_t i) {
    int32_t place = 0;
    for (int32_t d = 0; d < extension->rank; d++) {
        const nn_extended *dim = &extension->dims[d];
        int32_t index = i % dim->output - dim->before;
        place += source(dim, extension->edge, index) * dim->stride;
        i /= dim->output;
    }
    return place;
}

static void extend(const nn_extension *extension, source_of *source, const uint8_t *input,
                   uint8_t *output) {
    int32_t runs = 1;
    for (int32_t d = 0; d < extension->rank; d++) {
        runs *= extension->dims[d].output;
    }
    for (int32_t i = 0; i < runs; i++) {
        memcpy(output, input + place_of(extension, source, i), (size_t)extension->run);
        output += extension->run;
    }
}

void nn_tile(const nn_extension *extension, const uint8_t *input, uint8_t *output) {
    extend(extension, repeated, input, output);
}

void nn_mirror(const nn_extension *extension, const uint8_t *input, uint8_t *output) {
    extend(extension, mirrored, input, output);
}
