/* Resizing to the nearest neighbour in plain C. */
#include <math.h>
#include <string.h>

#include "kernels/resize.h"

/* GetNearestNeighbor of tflite's reference/resize_nearest_neighbor.h; positions are never negative,
 * so that a conversion rounds them down. */
static int32_t nearest(const nn_nearest_axis *axis, int32_t output) {
    float position = ((float)output + axis->offset) * axis->scale;
    int32_t index = (int32_t)(axis->rounds ? roundf(position) : position);
    return index < axis->input - 1 ? index : axis->input - 1;
}

void nn_resize_nearest(const nn_nearest_params *params, const uint8_t *input, uint8_t *output) {
    const nn_nearest_params *p = params;
    int32_t row = p->x.input * p->point;
    for (int32_t i = 0; i < p->batches * p->y.output; i++) {
        int32_t top = i / p->y.output * p->y.input + nearest(&p->y, i % p->y.output);
        for (int32_t x = 0; x < p->x.output; x++) {
            memcpy(output, input + top * row + nearest(&p->x, x) * p->point, (size_t)p->point);
            output += p->point;
        }
    }
}
