/* Kernels of float32, for models before they are quantized. They add up in the order of LiteRT's
 * reference kernels, so that they differ from those by no more than a compiler may. */
#ifndef NN_KERNELS_FLOAT_H
#define NN_KERNELS_FLOAT_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/conv.h"
#include "kernels/grid.h"
#include "kernels/pool.h"

/** The range of an output after its activation. */
typedef struct {
    float min;
    float max;
} nn_range_f32;

/** NaN stays what it is. */
static inline float nn_clamp_f32(float x, nn_range_f32 range) {
    x = x < range.min ? range.min : x;
    return range.max < x ? range.max : x;
}

/** NHWC; of `shape` they use axes, batches, channels and groups. Filters lie as those of int8.
 * bias: one an output channel, or NULL. */
void nn_conv_f32(const nn_conv_params *shape, nn_range_f32 range, const float *input,
                 const float *filter, const float *bias, float *output);
void nn_depthwise_conv_f32(const nn_conv_params *shape, nn_range_f32 range, const float *input,
                           const float *filter, const float *bias, float *output);

/** The axes are those of the convolution that leads back; see kernels/transpose_conv.h. */
void nn_transpose_conv_f32(const nn_conv_params *shape, nn_range_f32 range, const float *input,
                           const float *filter, const float *bias, float *output);

/** Every window must contain at least one input element. */
void nn_average_pool_f32(const nn_pool_params *shape, nn_range_f32 range, const float *input,
                         float *output);
void nn_max_pool_f32(const nn_pool_params *shape, nn_range_f32 range, const float *input,
                     float *output);

/** filter: outputs rows of depth elements. bias: one an output, or NULL. */
void nn_fully_connected_f32(int32_t batches, int32_t depth, int32_t outputs, nn_range_f32 range,
                            const float *input, const float *filter, const float *bias,
                            float *output);

/** output[i] = a[i * a_step] and b[i * b_step] added, ...; a step is 0 or 1. output may be a or b.
 */
typedef void nn_binary_f32(nn_range_f32 range, const float *a, int32_t a_step, const float *b,
                           int32_t b_step, float *output, int32_t count);
nn_binary_f32 nn_add_f32;
nn_binary_f32 nn_sub_f32;
nn_binary_f32 nn_mul_f32;
nn_binary_f32 nn_div_f32;
nn_binary_f32 nn_maximum_f32;
nn_binary_f32 nn_minimum_f32;
nn_binary_f32 nn_pow_f32;
nn_binary_f32 nn_prelu_f32;
nn_binary_f32 nn_squared_difference_f32;

/** output may be input. */
void nn_clamp_all_f32(nn_range_f32 range, const float *input, float *output, int32_t count);

/** output may be input. */
void nn_leaky_relu_f32(float alpha, const float *input, float *output, int32_t count);

/** output may be input. */
void nn_map_f32(float (*function)(float), const float *input, float *output, int32_t count);

/** output may be input. */
void nn_logistic_f32(const float *input, float *output, int32_t count);

/** Rows of `depth` elements. output may be input. */
void nn_softmax_f32(int32_t rows, int32_t depth, float beta, const float *input, float *output);

/** Rows of `depth` elements. output may be input. */
void nn_l2_normalization_f32(int32_t rows, int32_t depth, const float *input, float *output);
void nn_log_softmax_f32(int32_t rows, int32_t depth, const float *input, float *output);

/** outputs: where each output's elements start; reduced: where they are from there. */
void nn_sum_f32(const nn_grid *outputs, const nn_grid *reduced, const float *input, float *output);
void nn_mean_f32(const nn_grid *outputs, const nn_grid *reduced, const float *input, float *output);
void nn_reduce_max_f32(const nn_grid *outputs, const nn_grid *reduced, const float *input,
                       float *output);
void nn_reduce_min_f32(const nn_grid *outputs, const nn_grid *reduced, const float *input,
                       float *output);

#endif
