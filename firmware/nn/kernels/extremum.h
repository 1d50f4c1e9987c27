/* The larger or the smaller of two int8 or uint8, element by element. */
#ifndef NN_KERNELS_EXTREMUM_H
#define NN_KERNELS_EXTREMUM_H

#include <stdint.h>

/** output[i] = the extremum of a[i * a_step] and b[i * b_step]; a step is 0 or 1. output may be a
 * or b. flip: 0 if they are int8, 0x80 if they are uint8. */
typedef void nn_extremum_8(uint8_t flip, const uint8_t *a, int32_t a_step, const uint8_t *b,
                           int32_t b_step, uint8_t *output, int32_t count);
nn_extremum_8 nn_maximum_8;
nn_extremum_8 nn_minimum_8;

#endif
