/* Sums and means of float32. */
#include "kernels/float.h"

void nn_sum_f32(const nn_grid *outputs, const nn_grid *reduced, const float *input, float *output) {
    int32_t all = nn_grid_count(outputs);
    int32_t count = nn_grid_count(reduced);
    nn_walk start = {0};
    for (int32_t i = 0; i < all; i++) {
        nn_walk walk = {.offset = start.offset};
        float sum = 0.0f;
        for (int32_t j = 0; j < count; j++) {
            sum += input[walk.offset];
            nn_walk_on(&walk, reduced);
        }
        output[i] = sum;
        nn_walk_on(&start, outputs);
    }
}

void nn_mean_f32(const nn_grid *outputs, const nn_grid *reduced, const float *input,
                 float *output) {
    int32_t all = nn_grid_count(outputs);
    float count = (float)nn_grid_count(reduced);
    nn_sum_f32(outputs, reduced, input, output);
    for (int32_t i = 0; i < all; i++) {
        output[i] /= count;
    }
}
