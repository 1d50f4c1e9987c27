/* Values of 4 bits to int8, in plain C. */
#include "kernels/unpack.h"

/* The low 4 bits of a byte, as a number of -8 to 7. */
static inline int8_t signed_of(int32_t bits) {
    return (int8_t)(((bits & 0xf) ^ 8) - 8);
}

void nn_unpack_s4(const uint8_t *input, int8_t *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        output[i] = signed_of(input[i / 2] >> (i % 2 * 4));
    }
}
