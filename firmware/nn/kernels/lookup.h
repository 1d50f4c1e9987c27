/* Any function of one int8 or uint8: a table of its 256 results. */
#ifndef NN_KERNELS_LOOKUP_H
#define NN_KERNELS_LOOKUP_H

#include <stdint.h>

/** Elements and results are the bytes of either type; of int8 the result for 0 is the first, that
 * for -128 follows that for 127. output may be input. */
void nn_lookup_8(const uint8_t table[256], const uint8_t *input, uint8_t *output, int32_t count);

#endif
