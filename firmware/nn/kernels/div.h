/* Quotient of two int8 or uint8 tensors. */
#ifndef NN_KERNELS_DIV_H
#define NN_KERNELS_DIV_H

#include <stdint.h>

typedef struct {
    uint8_t flip;     /**< 0 if all are int8; 0x80 if they are uint8 */
    int32_t a_offset; /**< minus the zero point, plus 128 if uint8 */
    int32_t b_offset; /**< as that */
    int32_t output_offset;
    int32_t multiplier; /**< see nn_multiply() */
    int32_t shift;      /**< from -8 to 23 */
    int32_t min;
    int32_t max;
} nn_div_params;

/** output[i] = a[i * a_step] / b[i * b_step]; a step is 0 or 1. output may be a or b. A divisor of
 * 0 is taken for the least step that is not. */
void nn_div_8(const nn_div_params *params, const uint8_t *a, int32_t a_step, const uint8_t *b,
              int32_t b_step, uint8_t *output, int32_t count);

#endif
