/* Images in another size. */
#ifndef NN_KERNELS_RESIZE_H
#define NN_KERNELS_RESIZE_H

#include <stdbool.h>
#include <stdint.h>

/** One axis of resizing to the nearest neighbour. */
typedef struct {
    int32_t input;
    int32_t output;
    float scale;  /**< input elements an output element */
    float offset; /**< added to an output position before it is scaled */
    bool rounds;  /**< to the nearest, else down */
} nn_nearest_axis;

typedef struct {
    nn_nearest_axis y;
    nn_nearest_axis x;
    int32_t batches;
    int32_t point; /**< bytes of all channels of one point */
} nn_nearest_params;

void nn_resize_nearest(const nn_nearest_params *params, const uint8_t *input, uint8_t *output);

/** One axis of bilinear resizing, in steps of 1/1024 of an input element. */
typedef struct {
    int32_t input;
    int32_t output;
    int32_t step;  /**< from one output element to the next */
    int32_t start; /**< of output element 0; may be negative */
} nn_bilinear_axis;

#define NN_BILINEAR_ONE 1024

typedef struct {
    nn_bilinear_axis y;
    nn_bilinear_axis x;
    int32_t batches;
    int32_t channels;
} nn_bilinear_params;

/** Where an output element lies: between two elements of the input. */
typedef struct {
    int32_t lower;
    int32_t upper;
    int32_t fraction; /**< of the way from lower to upper, in NN_BILINEAR_ONE */
} nn_between;

static inline nn_between nn_between_at(const nn_bilinear_axis *axis, int32_t output) {
    int32_t position = output * axis->step + axis->start;
    int32_t lower = position / NN_BILINEAR_ONE;
    int32_t upper = (position + NN_BILINEAR_ONE - 1) / NN_BILINEAR_ONE;
    lower = lower > 0 ? lower : 0;
    upper = upper < axis->input - 1 ? upper : axis->input - 1;
    return (nn_between){lower, upper, position - lower * NN_BILINEAR_ONE};
}

/** No output element may have a lower neighbour beyond the input. */
void nn_resize_bilinear_s8(const nn_bilinear_params *params, const int8_t *input, int8_t *output);

#endif
