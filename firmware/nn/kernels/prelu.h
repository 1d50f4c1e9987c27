/* int8 or uint8 numbers, of which the negative ones are multiplied by factors of their type. */
#ifndef NN_KERNELS_PRELU_H
#define NN_KERNELS_PRELU_H

#include <stdint.h>

typedef struct {
    uint8_t flip;         /**< 0 if all are int8; 0x80 if they are uint8 */
    int32_t input_offset; /**< minus the zero point, plus 128 if uint8 */
    int32_t alpha_offset; /**< as that */
    int32_t output_offset;
    int32_t multiplier; /**< of an input that is not negative; see nn_multiply() */
    int32_t shift;
    int32_t product_multiplier; /**< of a negative input by its factor */
    int32_t product_shift;
    int32_t min; /**< of the type */
    int32_t max;
} nn_prelu_params;

/** The inputs run or stand (a step of 1 or 0), and so do the factors. output may be input. */
void nn_prelu_8(const nn_prelu_params *params, const uint8_t *input, int32_t input_step,
                const uint8_t *alpha, int32_t alpha_step, uint8_t *output, int32_t count);

#endif
