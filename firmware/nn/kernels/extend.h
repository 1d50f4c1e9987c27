/* An input that is continued along its dimensions, by itself. */
#ifndef NN_KERNELS_EXTEND_H
#define NN_KERNELS_EXTEND_H

#include <stdint.h>

#include "kernels/grid.h"

/** One dimension, in elements of it. */
typedef struct {
    int32_t input;
    int32_t output;
    int32_t before; /**< elements of the output before the input's first */
    int32_t stride; /**< bytes from one element of the input to the next */
} nn_extended;

typedef struct {
    int32_t rank;
    int32_t run;  /**< bytes that stay together */
    int32_t edge; /**< to mirror: 1 if the elements at the edges are repeated, else 0 */
    nn_extended dims[NN_GRID_RANK]; /**< the innermost first */
} nn_extension;

/** Adds a dimension around those that are there; those that stay as they are become the run. */
static inline void nn_extend_along(nn_extension *extension, const nn_extended *dim) {
    if (extension->rank == 0 && dim->input == dim->output) {
        extension->run *= dim->input;
    } else {
        extension->dims[extension->rank] = *dim;
        extension->rank++;
    }
}

/** The input over and over again. */
void nn_tile(const nn_extension *extension, const uint8_t *input, uint8_t *output);

/** The input between mirrors; what is mirrored must be within it. */
void nn_mirror(const nn_extension *extension, const uint8_t *input, uint8_t *output);

#endif
