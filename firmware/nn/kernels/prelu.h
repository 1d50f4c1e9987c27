/* int8 numbers, of which the negative ones are multiplied by factors of int8. */
#ifndef NN_KERNELS_PRELU_H
#define NN_KERNELS_PRELU_H

#include <stdint.h>

typedef struct {
    int32_t input_offset; /**< minus the zero point */
    int32_t alpha_offset;
    int32_t output_offset;
    int32_t multiplier; /**< of an input that is not negative; see nn_multiply() */
    int32_t shift;
    int32_t product_multiplier; /**< of a negative input by its factor */
    int32_t product_shift;
} nn_prelu_params;

/** The inputs run or stand (a step of 1 or 0), and so do the factors. output may be input. */
void nn_prelu_s8(const nn_prelu_params *params, const int8_t *input, int32_t input_step,
                 const int8_t *alpha, int32_t alpha_step, int8_t *output, int32_t count);

#endif
