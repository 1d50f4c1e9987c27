/* How FULLY_CONNECTED rescales its sums: as LiteRT's reference kernel, in double precision. */
#ifndef NN_KERNELS_OUTPUT_SCALE_H
#define NN_KERNELS_OUTPUT_SCALE_H

#include <math.h>
#include <stdint.h>

typedef double nn_output_scale;

/** Nearest integer of sum * scale, halves away from zero. What no int32_t can hold becomes
 * INT32_MIN, as it does on the x86 hosts of the reference. */
static inline int32_t nn_rescale(int32_t sum, nn_output_scale scale) {
    double real = round((double)sum * scale);
    return real >= -2147483648.0 && real < 2147483648.0 ? (int32_t)real : INT32_MIN;
}

#endif
