/* Any function of one int8: a table of its 256 results. */
#ifndef NN_KERNELS_LOOKUP_H
#define NN_KERNELS_LOOKUP_H

#include <stdint.h>

/** table: the result for -128 first. output may be input. */
void nn_lookup_s8(const int8_t table[256], const int8_t *input, int8_t *output, int32_t count);

#endif
