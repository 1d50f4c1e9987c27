/* Squared difference of two int8 tensors of different scales. */
#ifndef NN_KERNELS_SQUARED_DIFFERENCE_H
#define NN_KERNELS_SQUARED_DIFFERENCE_H

#include <stdint.h>

/** Bits that inputs are shifted left before they are scaled, so as to keep precision. */
#define NN_SQUARED_DIFFERENCE_LEFT_SHIFT 7

typedef struct {
    int32_t offset[2];     /**< minus the zero points */
    int32_t multiplier[2]; /**< see nn_multiply() */
    int32_t shift[2];      /**< at most 0 */
    int32_t output_offset;
    int32_t output_multiplier;
    int32_t output_shift; /**< at most 0 */
} nn_squared_difference_params;

/** output[i] = (a[i * a_step] - b[i * b_step]) squared; a step is 0 or 1. output may be a or b. */
void nn_squared_difference_s8(const nn_squared_difference_params *params, const int8_t *a,
                              int32_t a_step, const int8_t *b, int32_t b_step, int8_t *output,
                              int32_t count);

#endif
