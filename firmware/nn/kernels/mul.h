/* Product of two int8 or uint8 tensors. */
#ifndef NN_KERNELS_MUL_H
#define NN_KERNELS_MUL_H

#include <stdint.h>

#include "fixed_point.h"

typedef struct {
    int32_t a_offset; /**< minus the zero point */
    int32_t b_offset;
    int32_t output_offset;
    int32_t multiplier; /**< see nn_multiply() */
    int32_t shift;
    int32_t min;
    int32_t max;
} nn_mul_params;

/** The product of two elements. */
static inline int32_t nn_mul_one(const nn_mul_params *p, int32_t a, int32_t b) {
    int32_t product = (a + p->a_offset) * (b + p->b_offset);
    int32_t scaled = nn_multiply(product, p->multiplier, p->shift);
    return nn_clamp(nn_wrapping_add(scaled, p->output_offset), p->min, p->max);
}

/** output[i] = a[i * a_step] * b[i * b_step]; a step is 0 or 1. output may be a or b. */
void nn_mul_s8(const nn_mul_params *params, const int8_t *a, int32_t a_step, const int8_t *b,
               int32_t b_step, int8_t *output, int32_t count);
void nn_mul_u8(const nn_mul_params *params, const uint8_t *a, int32_t a_step, const uint8_t *b,
               int32_t b_step, uint8_t *output, int32_t count);

#endif
