/* nn_multiply() in a few instructions, for many numbers with one multiplier. */
#ifndef NN_KERNELS_SIMD_RESCALE_H
#define NN_KERNELS_SIMD_RESCALE_H

#include <stdbool.h>
#include <stdint.h>

#include "fixed_point.h"
#include "kernels/dsp.h"

typedef struct {
    int32_t multiplier;
    int32_t right; /**< bits to shift right; the short way needs 1 at least */
    int32_t half;  /**< half of the last bit that stays */
} nn_rescaling;

/** multiplier: not negative. */
static inline nn_rescaling nn_rescaling_of(int32_t multiplier, int32_t shift) {
    int32_t half = shift < 0 ? (int32_t)(1u << (-shift - 1)) : 0;
    return (nn_rescaling){.multiplier = multiplier, .right = -shift, .half = half};
}

/** nn_rounding_shift_right(), for a shift of 1 at least and x below 2^30 in size. */
static inline int32_t nn_short_shift_right(const nn_rescaling *rescaling, int32_t x) {
    return (x + (x >> 31) + rescaling->half) >> rescaling->right;
}

/* Out of line, so that loops keep the short way's few registers. */
__attribute__((noinline, unused)) static int32_t nn_rescale_long(int32_t x, int32_t multiplier,
                                                                 int32_t right) {
    return nn_multiply(x, multiplier, -right);
}

/** The most bits to the right where the output's offset is added before the shift. */
#define NN_SHORT_RIGHT 23

/** The most products of a weight and an input with its offset in a sum, which then has 28 bits, and
 * the largest bias. The doubled sum of both has less than 31, and its product with the multiplier
 * is below 2^29 in size. */
#define NN_SHORT_PRODUCTS (1 << 13)
#define NN_SHORT_BIAS (1 << 28)

/** Whether the rescaling of such sums takes no care for overflows. */
static inline bool nn_is_short(int32_t shift, int32_t bias) {
    return shift < 0 && shift >= -NN_SHORT_RIGHT && bias <= NN_SHORT_BIAS && bias >= -NN_SHORT_BIAS;
}

/** nn_multiply(x, multiplier, shift). The short way gives the same bits where it is taken: the
 * doubled product's upper word is what nn_doubling_high_mul() yields, and is below 2^30 in size. */
static inline int32_t nn_rescale(const nn_rescaling *rescaling, int32_t x) {
    int32_t doubled;
    if (rescaling->right < 1 || __builtin_add_overflow(x, x, &doubled)) {
        return nn_rescale_long(x, rescaling->multiplier, rescaling->right);
    }
    return nn_short_shift_right(rescaling, nn_high_product(doubled, rescaling->multiplier));
}

#endif
