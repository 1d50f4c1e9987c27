/* Comparisons of two numbers, element by element, to bool. */
#ifndef NN_KERNELS_COMPARE_H
#define NN_KERNELS_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

/** How two numbers stand to each other. */
enum {
    NN_IS_LESS = 1,
    NN_IS_EQUAL = 2,
    NN_IS_GREATER = 4,
    NN_IS_UNORDERED = 8, /**< one is no number */
};

/** What brings an input to the scale on which both are compared; see nn_multiply(). */
typedef struct {
    int32_t offset;
    int32_t multiplier;
    int32_t shift; /**< at most 0 */
} nn_compared;

typedef struct {
    uint32_t wanted; /**< the relations that are true */
    int32_t size;    /**< bytes of an element: 1, 2, 4 or 8 */
    bool is_signed;
    bool is_scaled; /**< bytes are brought to one scale */
    nn_compared a;
    nn_compared b;
} nn_compare_params;

/** output[i] of a[i * a_step] and b[i * b_step]; a step is 0 or 1. */
void nn_compare(const nn_compare_params *params, const uint8_t *a, int32_t a_step, const uint8_t *b,
                int32_t b_step, uint8_t *output, int32_t count);
void nn_compare_f32(uint32_t wanted, const float *a, int32_t a_step, const float *b, int32_t b_step,
                    uint8_t *output, int32_t count);

#endif
