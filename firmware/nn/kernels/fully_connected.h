/* Fully connected layer of int8, or of uint8. */
#ifndef NN_KERNELS_FULLY_CONNECTED_H
#define NN_KERNELS_FULLY_CONNECTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fixed_point.h"
#include "kernels/output_scale.h"

typedef struct {
    int32_t batches;
    int32_t depth; /**< inputs that one output sees */
    int32_t outputs;
    int32_t input_offset;  /**< minus the input's zero point */
    int32_t filter_offset; /**< minus the weights' zero point */
    int32_t output_offset; /**< the output's zero point */
    int32_t min;
    int32_t max;
    int32_t scale_step; /**< 1 if there is a scale an output, 0 if there is one for all */
    bool is_unsigned;   /**< uint8, else int8 */
} nn_fully_connected_params;

/** The output for a sum. */
static inline int32_t nn_fully_connected_finish(const nn_fully_connected_params *p, int32_t sum,
                                                nn_output_scale scale) {
    sum = nn_rescale(sum, scale);
    return nn_clamp(nn_wrapping_add(sum, p->output_offset), p->min, p->max);
}

/** filter: outputs rows of depth elements. bias: one an output, or NULL. scales: input scale times
 * filter scale by output scale. */
void nn_fully_connected_s8(const nn_fully_connected_params *params, const nn_output_scale *scales,
                           const int8_t *input, const int8_t *filter, const int32_t *bias,
                           int8_t *output);
void nn_fully_connected_u8(const nn_fully_connected_params *params, const nn_output_scale *scales,
                           const uint8_t *input, const uint8_t *filter, const int32_t *bias,
                           uint8_t *output);

#endif
