/* Convolutions and fully connected layers of float32 with weights of int8, as dynamic-range models
 * have them: the input is quantized anew for each image, with a scale that its own range gives. */
#ifndef NN_KERNELS_HYBRID_H
#define NN_KERNELS_HYBRID_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/conv.h"
#include "kernels/float.h"

typedef struct {
    nn_conv_params shape; /**< axes, batches, channels and groups */
    nn_range_f32 range;
    int32_t filter_step; /**< from an output channel's first weight to the next one's */
    int32_t tap_step;    /**< from a weight to that of the next place of the window */
    int32_t scale_step;  /**< 1 if there is a scale an output channel, 0 if there is one for all */
    bool is_asymmetric;  /**< an image has a zero point, too */
    bool scales_one_by_one; /**< a sum is multiplied by the filter's scale before the image's */
} nn_hybrid_params;

/** NHWC. scales: of the filter. bias: one an output channel, or NULL. quantized: an image. */
void nn_conv_hybrid(const nn_hybrid_params *params, const float *scales, const float *input,
                    const int8_t *filter, const float *bias, int8_t *quantized, float *output);

#endif
