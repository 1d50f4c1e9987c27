/* How FULLY_CONNECTED rescales its sums: as TFLM does, in fixed point. */
#ifndef NN_KERNELS_OUTPUT_SCALE_H
#define NN_KERNELS_OUTPUT_SCALE_H

#include <stdint.h>

#include "fixed_point.h"

typedef struct {
    int32_t multiplier; /**< see nn_multiply() */
    int32_t shift;
} nn_output_scale;

static inline int32_t nn_rescale(int32_t sum, nn_output_scale scale) {
    return nn_multiply(sum, scale.multiplier, scale.shift);
}

#endif
