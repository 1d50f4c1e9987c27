/* Values of 4 bits to int8. */
#ifndef NN_KERNELS_UNPACK_H
#define NN_KERNELS_UNPACK_H

#include <stdint.h>

/** Two to a byte, that of the low bits first; an odd last one alone. */
void nn_unpack_s4(const uint8_t *input, int8_t *output, int32_t count);

#endif
