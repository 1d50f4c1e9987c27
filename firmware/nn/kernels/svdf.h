/* SVDF: a fully connected layer in two factors, over features and over time. */
#ifndef NN_KERNELS_SVDF_H
#define NN_KERNELS_SVDF_H

#include <stdint.h>

#include "kernels/float.h"

typedef struct {
    int32_t batches;
    int32_t inputs;
    int32_t outputs;
    int32_t rank;   /**< filters that one output adds up */
    int32_t memory; /**< steps that a filter remembers, the present one among them */
} nn_svdf_shape;

typedef struct {
    nn_svdf_shape shape;
    int32_t input_offset;  /**< minus the input's zero point */
    int32_t output_offset; /**< the output's zero point */
    int32_t feature_multiplier;
    int32_t feature_shift; /**< from sums over features to the state */
    int32_t time_multiplier;
    int32_t time_shift; /**< from sums over time to the output */
} nn_svdf_params;

/** features: a row of `inputs` a filter; time: a row of `memory` a filter; bias: one an output, or
 * NULL. state: [batches, filters, memory], oldest first; read and written. */
void nn_svdf_s8(const nn_svdf_params *params, const int8_t *features, const int16_t *time,
                const int32_t *bias, const int8_t *input, int16_t *state, int8_t *output);

void nn_svdf_f32(const nn_svdf_shape *shape, nn_range_f32 range, const float *features,
                 const float *time, const float *bias, const float *input, float *state,
                 float *output);

#endif
