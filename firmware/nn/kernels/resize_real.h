/* Bilinear resizing in real numbers, as LiteRT does it for uint8 and float32. */
#ifndef NN_KERNELS_RESIZE_REAL_H
#define NN_KERNELS_RESIZE_REAL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int32_t input;
    int32_t output;
    float scale;      /**< input elements an output element */
    bool is_centered; /**< centers of elements are aligned, not their edges */
} nn_real_axis;

typedef struct {
    nn_real_axis y;
    nn_real_axis x;
    int32_t batches;
    int32_t channels;
} nn_resize_real_params;

void nn_resize_bilinear_u8(const nn_resize_real_params *params, const uint8_t *input,
                           uint8_t *output);
void nn_resize_bilinear_f32(const nn_resize_real_params *params, const float *input, float *output);

/* ---- What both share ---- */

/** The four points around a place: where they are in the input, and the place between them. */
typedef struct {
    int32_t top_left;
    int32_t top_right;
    int32_t bottom_left;
    int32_t bottom_right;
    float y;
    float x;
} nn_real_corners;

/** Those of the place of an image, by its row (of all images) and column. */
nn_real_corners nn_real_corners_at(const nn_resize_real_params *params, int32_t row,
                                   int32_t column);

/** In the order of LiteRT, so that it rounds as that does. */
static inline float nn_between_corners(const nn_real_corners *at, float top_left, float top_right,
                                       float bottom_left, float bottom_right) {
    return top_left * (1.0f - at->y) * (1.0f - at->x) + bottom_left * at->y * (1.0f - at->x) +
           top_right * (1.0f - at->y) * at->x + bottom_right * at->y * at->x;
}

#endif
