/* Sums of products of int16 and int8, and their rescaling. */
#ifndef NN_KERNELS_PORTABLE_INT16_SUM_H
#define NN_KERNELS_PORTABLE_INT16_SUM_H

#include <string.h>

#include "fixed_point.h"
#include "kernels/int16.h"

/** A sum with the bias of channel i; of 32 bits if the bias is. */
static inline int64_t nn_with_bias(int64_t sum, nn_bias bias, int32_t i) {
    int64_t value = 0;
    if (bias.values != NULL && bias.is_32_bit) {
        value = ((const int32_t *)bias.values)[i];
    } else if (bias.values != NULL) {
        memcpy(&value, (const uint8_t *)bias.values + (size_t)i * sizeof value, sizeof value);
    }
    uint64_t total = (uint64_t)sum + (uint64_t)value;
    return bias.is_32_bit ? (int32_t)(uint32_t)total : (int64_t)total;
}

/** tflite::MultiplyByQuantizedMultiplier of an int64: it rounds once, by 16 bits of the multiplier.
 * shift: -31 to 14. */
static inline int32_t nn_multiply_long(int64_t x, int32_t multiplier, int32_t shift) {
    int32_t reduced = multiplier < 0x7fff0000 ? (multiplier + (1 << 15)) >> 16 : 0x7fff;
    uint64_t product = (uint64_t)x * (uint64_t)(uint32_t)reduced + (1ull << (14 - shift));
    return (int32_t)(uint32_t)(uint64_t)((int64_t)product >> (15 - shift));
}

#endif
