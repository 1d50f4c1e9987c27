/* The larger or the smaller of two int8, element by element. */
#ifndef NN_KERNELS_EXTREMUM_H
#define NN_KERNELS_EXTREMUM_H

#include <stdint.h>

/** output[i] = the extremum of a[i * a_step] and b[i * b_step]; a step is 0 or 1. output may be a
 * or b. */
void nn_maximum_s8(const int8_t *a, int32_t a_step, const int8_t *b, int32_t b_step, int8_t *output,
                   int32_t count);
void nn_minimum_s8(const int8_t *a, int32_t a_step, const int8_t *b, int32_t b_step, int8_t *output,
                   int32_t count);

#endif
