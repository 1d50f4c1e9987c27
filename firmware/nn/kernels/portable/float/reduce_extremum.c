/* The largest or the smallest of floats along any dimensions in plain C. NaN is passed over, and
 * what is beyond all finite numbers on the wrong side counts as the last of them, as in LiteRT. */
#include <float.h>

#include "kernels/float.h"

static float largest(const nn_grid *reduced, int32_t count, const float *input) {
    nn_walk walk = {0};
    float best = -FLT_MAX;
    for (int32_t i = 0; i < count; i++) {
        best = input[walk.offset] > best ? input[walk.offset] : best;
        nn_walk_on(&walk, reduced);
    }
    return best;
}

static float smallest(const nn_grid *reduced, int32_t count, const float *input) {
    nn_walk walk = {0};
    float best = FLT_MAX;
    for (int32_t i = 0; i < count; i++) {
        best = input[walk.offset] < best ? input[walk.offset] : best;
        nn_walk_on(&walk, reduced);
    }
    return best;
}

void nn_reduce_max_f32(const nn_grid *outputs, const nn_grid *reduced, const float *input,
                       float *output) {
    int32_t count = nn_grid_count(outputs);
    nn_walk walk = {0};
    for (int32_t i = 0; i < count; i++) {
        output[i] = largest(reduced, nn_grid_count(reduced), input + walk.offset);
        nn_walk_on(&walk, outputs);
    }
}

void nn_reduce_min_f32(const nn_grid *outputs, const nn_grid *reduced, const float *input,
                       float *output) {
    int32_t count = nn_grid_count(outputs);
    nn_walk walk = {0};
    for (int32_t i = 0; i < count; i++) {
        output[i] = smallest(reduced, nn_grid_count(reduced), input + walk.offset);
        nn_walk_on(&walk, outputs);
    }
}
