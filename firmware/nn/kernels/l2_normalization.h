/* Rows of int8 or uint8, brought to the length 1. */
#ifndef NN_KERNELS_L2_NORMALIZATION_H
#define NN_KERNELS_L2_NORMALIZATION_H

#include <stdint.h>

/** A longer row could overflow the sum of its squares. */
#define NN_L2_NORMALIZATION_MAX_DEPTH 33025

typedef struct {
    int32_t rows;
    int32_t depth;
    int32_t zero_point; /**< of the input */
} nn_l2_normalization_params;

/** The output has scale 1/128 and zero point 0, or 128 if it is uint8. It may be the input. */
void nn_l2_normalization_s8(const nn_l2_normalization_params *params, const int8_t *input,
                            int8_t *output);
void nn_l2_normalization_u8(const nn_l2_normalization_params *params, const uint8_t *input,
                            uint8_t *output);

#endif
