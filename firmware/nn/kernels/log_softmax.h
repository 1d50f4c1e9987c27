/* The logarithm of the softmax of int8 or uint8 rows, in fixed point. */
#ifndef NN_KERNELS_LOG_SOFTMAX_H
#define NN_KERNELS_LOG_SOFTMAX_H

#include <stdint.h>

/** A longer row could overflow the sum of its exponentials. */
#define NN_LOG_SOFTMAX_MAX_DEPTH 4095

typedef struct {
    int32_t rows;
    int32_t depth;
    int32_t multiplier; /**< from a difference of inputs to Q5.26; see nn_multiply() */
    int32_t shift;
    int32_t back_multiplier; /**< from Q5.26 to a difference of inputs */
    int32_t back_shift;
    uint8_t flip;           /**< 0 if input and output are uint8; 0x80 if they are int8 */
    int32_t min_difference; /**< an input that is further below the row's largest counts as 0 */
} nn_log_softmax_params;

/** The output has scale 1/16 and represents 0 as its type's highest value. It may be the input. */
void nn_log_softmax_8(const nn_log_softmax_params *params, const uint8_t *input, uint8_t *output);

#endif
