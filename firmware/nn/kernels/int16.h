/* Kernels of int16 activations, whose zero points are 0, with weights of int8: models that are
 * quantized as 16x8. They are plain loops. */
#ifndef NN_KERNELS_INT16_H
#define NN_KERNELS_INT16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/add.h"
#include "kernels/conv.h"
#include "kernels/grid.h"
#include "kernels/mul.h"
#include "kernels/pool.h"

/** A bias: int64 or int32, one an output channel, or none. A sum has as many bits as its bias. */
typedef struct {
    const void *values; /**< NULL for none; int64 need not be aligned to more than 4 bytes */
    bool is_32_bit;
} nn_bias;

/** NHWC; filters lie as those of nn_conv_s8() and nn_depthwise_conv_s8(). multipliers, shifts: one
 * an output channel; a shift is at most 14. */
void nn_conv_s16(const nn_conv_params *params, const int32_t *multipliers, const int8_t *shifts,
                 const int16_t *input, const int8_t *filter, nn_bias bias, int16_t *output);
void nn_depthwise_conv_s16(const nn_conv_params *params, const int32_t *multipliers,
                           const int8_t *shifts, const int16_t *input, const int8_t *filter,
                           nn_bias bias, int16_t *output);

typedef struct {
    int32_t batches;
    int32_t depth; /**< inputs that one output sees */
    int32_t outputs;
    int32_t filter_offset; /**< minus the weights' zero point */
    int32_t min;
    int32_t max;
    int32_t scale_step; /**< 1 if there is a scale an output, 0 if there is one for all */
} nn_fully_connected_s16_params;

/** filter: outputs rows of depth elements. scales: input scale times filter scale by output scale.
 */
void nn_fully_connected_s16(const nn_fully_connected_s16_params *params, const double *scales,
                            const int16_t *input, const int8_t *filter, nn_bias bias,
                            int16_t *output);

/** Bits that the inputs of a sum are shifted left before they are scaled. */
#define NN_ADD_LEFT_SHIFT_S16 15

/** output[i] = a[i * a_step] and b[i * b_step] added, ...; a step is 0 or 1. output may be a or b.
 */
void nn_add_s16(const nn_add_params *params, bool subtracts, const int16_t *a, int32_t a_step,
                const int16_t *b, int32_t b_step, int16_t *output, int32_t count);
void nn_mul_s16(const nn_mul_params *params, const int16_t *a, int32_t a_step, const int16_t *b,
                int32_t b_step, int16_t *output, int32_t count);

/** Every window must contain at least one input element. */
void nn_average_pool_s16(const nn_pool_params *params, const int16_t *input, int16_t *output);
void nn_max_pool_s16(const nn_pool_params *params, const int16_t *input, int16_t *output);

typedef struct {
    nn_grid outputs;    /**< where each output's elements start */
    nn_grid reduced;    /**< where they are from there */
    int32_t multiplier; /**< divides by their number, too; see nn_multiply() */
    int32_t shift;
} nn_mean_s16_params;

void nn_mean_s16(const nn_mean_s16_params *params, const int16_t *input, int16_t *output);

/** What is not negative is rescaled by one factor, what is negative by another. */
typedef struct {
    int32_t multiplier; /**< see nn_multiply() */
    int32_t shift;
    int32_t negative_multiplier;
    int32_t negative_shift;
    bool changes_sign; /**< of what is negative */
    int32_t min;
    int32_t max;
} nn_rectify_s16_params;

/** output may be input. */
void nn_rectify_s16(const nn_rectify_s16_params *params, const int16_t *input, int16_t *output,
                    int32_t count);

/** An input times multiplier by 2^shift is in steps of 1/12288. */
typedef struct {
    int32_t multiplier; /**< at most 65535 */
    int32_t shift;      /**< 0 to 31 */
} nn_sigmoid_s16_params;

/** To steps of 2^-15. output may be input. */
void nn_interpolated_logistic_s16(const nn_sigmoid_s16_params *params, const int16_t *input,
                                  int16_t *output, int32_t count);
void nn_interpolated_tanh_s16(const nn_sigmoid_s16_params *params, const int16_t *input,
                              int16_t *output, int32_t count);

typedef struct {
    int32_t rows;
    int32_t depth;      /**< elements of a row, at most 65535 */
    int32_t multiplier; /**< input scale times beta, by 10 / 65535; see nn_multiply() */
    int32_t shift;
} nn_softmax_s16_params;

/** To steps of 2^-15. output may be input. */
void nn_softmax_s16(const nn_softmax_s16_params *params, const int16_t *input, int16_t *output);

#endif
