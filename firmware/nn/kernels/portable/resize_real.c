/* Bilinear resizing in real numbers in plain C; after ResizeBilinear of tflite's
 * reference/resize_bilinear.h. */
#include "kernels/resize_real.h"

#include <math.h>

/* Where an output element lies: between two elements of the input. */
typedef struct {
    int32_t lower;
    int32_t upper;
    float fraction; /* of the way from lower to upper; at the edge beyond it */
} place;

static place place_at(const nn_real_axis *axis, int32_t output) {
    float position = axis->is_centered ? ((float)output + 0.5f) * axis->scale - 0.5f
                                       : (float)output * axis->scale;
    int32_t lower = (int32_t)floorf(position);
    int32_t upper = (int32_t)ceilf(position);
    lower = lower > 0 ? lower : 0;
    upper = upper < axis->input - 1 ? upper : axis->input - 1;
    return (place){lower, upper, position - (float)lower};
}

nn_real_corners nn_real_corners_at(const nn_resize_real_params *params, int32_t row,
                                   int32_t column) {
    const nn_resize_real_params *p = params;
    place y = place_at(&p->y, row % p->y.output);
    place x = place_at(&p->x, column);
    int32_t image = row / p->y.output * p->y.input;
    int32_t top = (image + y.lower) * p->x.input;
    int32_t bottom = (image + y.upper) * p->x.input;
    return (nn_real_corners){
        .top_left = (top + x.lower) * p->channels,
        .top_right = (top + x.upper) * p->channels,
        .bottom_left = (bottom + x.lower) * p->channels,
        .bottom_right = (bottom + x.upper) * p->channels,
        .y = y.fraction,
        .x = x.fraction,
    };
}
