/* Sum and difference of two int8 or uint8 tensors of different scales. */
#ifndef NN_KERNELS_ADD_H
#define NN_KERNELS_ADD_H

#include <stdint.h>

#include "fixed_point.h"

/** Bits that inputs are shifted left before they are scaled, so as to keep precision. */
#define NN_ADD_LEFT_SHIFT 20

typedef struct {
    int32_t offset; /**< minus the zero point */
    int32_t multiplier;
    int32_t shift; /**< at most 0 */
} nn_add_input;

typedef struct {
    nn_add_input input[2];
    int32_t output_offset;
    int32_t output_multiplier;
    int32_t output_shift; /**< at most 0 */
    int32_t min;
    int32_t max;
} nn_add_params;

static inline int32_t nn_add_scaled(const nn_add_input *input, int32_t value) {
    int32_t shifted = (value + input->offset) * (1 << NN_ADD_LEFT_SHIFT);
    return nn_rounding_shift_right(nn_doubling_high_mul(shifted, input->multiplier), -input->shift);
}

/** The output for a sum or a difference of two scaled inputs. */
static inline int32_t nn_add_finish(const nn_add_params *p, int32_t sum) {
    sum = nn_doubling_high_mul(sum, p->output_multiplier);
    sum = nn_rounding_shift_right(sum, -p->output_shift);
    return nn_clamp(sum + p->output_offset, p->min, p->max);
}

/** The sum of two elements. */
static inline int32_t nn_add_one(const nn_add_params *p, int32_t a, int32_t b) {
    return nn_add_finish(p, nn_add_scaled(&p->input[0], a) + nn_add_scaled(&p->input[1], b));
}

/** Their difference. */
static inline int32_t nn_sub_one(const nn_add_params *p, int32_t a, int32_t b) {
    return nn_add_finish(p, nn_add_scaled(&p->input[0], a) - nn_add_scaled(&p->input[1], b));
}

/** output[i] = a[i * a_step] + b[i * b_step], or minus; a step is 0 or 1. output may be a or b. */
typedef void nn_add_kernel_s8(const nn_add_params *params, const int8_t *a, int32_t a_step,
                              const int8_t *b, int32_t b_step, int8_t *output, int32_t count);
typedef void nn_add_kernel_u8(const nn_add_params *params, const uint8_t *a, int32_t a_step,
                              const uint8_t *b, int32_t b_step, uint8_t *output, int32_t count);
nn_add_kernel_s8 nn_add_s8;
nn_add_kernel_s8 nn_sub_s8;
nn_add_kernel_u8 nn_add_u8;
nn_add_kernel_u8 nn_sub_u8;

#endif
