/* The SIMD instructions of ARMv7E-M that the kernels in simd/ are written with, and the same in
 * plain C for machines without them, so that those kernels are tested on the host too.
 *
 * A word holds two int16 lanes or four int8 ones, the first in its lowest bits. Sums wrap. */
#ifndef NN_KERNELS_DSP_H
#define NN_KERNELS_DSP_H

#include <stdint.h>
#include <string.h>

/** Four bytes as they lie in memory, at any alignment. */
static inline uint32_t nn_load_4(const void *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static inline void nn_store_4(void *bytes, uint32_t word) {
    memcpy(bytes, &word, sizeof word);
}

/** The int16 lanes of a word. */
static inline int32_t nn_low(uint32_t word) {
    return (int16_t)(word & 0xffffu);
}

static inline int32_t nn_high(uint32_t word) {
    return (int16_t)(word >> 16);
}

static inline uint32_t nn_lanes(int32_t low, int32_t high) {
    return ((uint32_t)low & 0xffffu) | (uint32_t)high << 16;
}

/** Four int8 as one word, the first in its lowest bits. */
static inline uint32_t nn_pack_4(int32_t a, int32_t b, int32_t c, int32_t d) {
    return ((uint32_t)a & 0xffu) | ((uint32_t)b & 0xffu) << 8 | ((uint32_t)c & 0xffu) << 16 |
           (uint32_t)d << 24;
}

/** One int8, four times. */
static inline uint32_t nn_repeat_4(int32_t value) {
    return ((uint32_t)value & 0xffu) * 0x01010101u;
}

#ifdef __ARM_FEATURE_DSP

#include <arm_acle.h>

/** sum + a.low * b.low + a.high * b.high */
static inline int32_t nn_dot_2(uint32_t a, uint32_t b, int32_t sum) {
    return __smlad((int16x2_t)a, (int16x2_t)b, sum);
}

/** sum + a.low * b.low */
static inline int32_t nn_add_product_low(uint32_t a, uint32_t b, int32_t sum) {
    return __smlabb((int32_t)a, (int32_t)b, sum);
}

/** sum + a.high * b.high */
static inline int32_t nn_add_product_high(uint32_t a, uint32_t b, int32_t sum) {
    return __smlatt((int32_t)a, (int32_t)b, sum);
}

/** sum + a.high * b.low */
static inline int32_t nn_add_product_high_low(uint32_t a, uint32_t b, int32_t sum) {
    return __smlatb((int32_t)a, (int32_t)b, sum);
}

/* Assembly, because GCC 12 does not put the rotation into the instruction, nor finds those that put
 * words together. */

/** The low halves of both, or the high ones. */
static inline uint32_t nn_low_halves(uint32_t a, uint32_t b) {
    uint32_t halves;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(halves) : "r"(a), "r"(b));
    return halves;
}

static inline uint32_t nn_high_halves(uint32_t a, uint32_t b) {
    uint32_t halves;
    __asm__("pkhtb %0, %2, %1, asr #16" : "=r"(halves) : "r"(a), "r"(b));
    return halves;
}

/** Bytes 0 and 2, or 1 and 3, as int16 lanes. */
static inline uint32_t nn_widen_even(uint32_t bytes) {
    uint32_t lanes;
    __asm__("sxtb16 %0, %1" : "=r"(lanes) : "r"(bytes));
    return lanes;
}

static inline uint32_t nn_widen_odd(uint32_t bytes) {
    uint32_t lanes;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(lanes) : "r"(bytes));
    return lanes;
}

/** The same, added to the lanes of `offsets`. */
static inline uint32_t nn_widen_even_add(uint32_t offsets, uint32_t bytes) {
    uint32_t lanes;
    __asm__("sxtab16 %0, %1, %2" : "=r"(lanes) : "r"(offsets), "r"(bytes));
    return lanes;
}

static inline uint32_t nn_widen_odd_add(uint32_t offsets, uint32_t bytes) {
    uint32_t lanes;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(lanes) : "r"(offsets), "r"(bytes));
    return lanes;
}

/** Both int16 lanes twice. */
static inline uint32_t nn_doubled_lanes(uint32_t lanes) {
    uint32_t doubled;
    __asm__("sadd16 %0, %1, %1" : "=r"(doubled) : "r"(lanes));
    return doubled;
}

/** The upper 32 bits of a * b + 2^31. */
static inline int32_t nn_high_product(int32_t a, int32_t b) {
    int32_t high;
    __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(a), "r"(b));
    return high;
}

/** x as an int8, saturated. */
static inline int32_t nn_saturate_s8(int32_t x) {
    int32_t saturated;
    __asm__("ssat %0, #8, %1" : "=r"(saturated) : "r"(x));
    return saturated;
}

/** The larger and the smaller of each int8 lane. */
static inline uint32_t nn_max_4(uint32_t a, uint32_t b) {
    uint32_t max;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(max) : "r"(a), "r"(b));
    return max;
}

static inline uint32_t nn_min_4(uint32_t a, uint32_t b) {
    uint32_t min;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(min) : "r"(a), "r"(b));
    return min;
}

#else

static inline uint32_t nn_low_halves(uint32_t a, uint32_t b) {
    return (a & 0xffffu) | b << 16;
}

static inline uint32_t nn_high_halves(uint32_t a, uint32_t b) {
    return a >> 16 | (b & 0xffff0000u);
}

static inline int32_t nn_add_product_low(uint32_t a, uint32_t b, int32_t sum) {
    return (int32_t)((uint32_t)sum + (uint32_t)(nn_low(a) * nn_low(b)));
}

static inline int32_t nn_add_product_high(uint32_t a, uint32_t b, int32_t sum) {
    return (int32_t)((uint32_t)sum + (uint32_t)(nn_high(a) * nn_high(b)));
}

static inline int32_t nn_add_product_high_low(uint32_t a, uint32_t b, int32_t sum) {
    return (int32_t)((uint32_t)sum + (uint32_t)(nn_high(a) * nn_low(b)));
}

static inline int32_t nn_dot_2(uint32_t a, uint32_t b, int32_t sum) {
    return nn_add_product_high(a, b, nn_add_product_low(a, b, sum));
}

static inline int32_t nn_byte(uint32_t bytes, int32_t i) {
    return (int8_t)(bytes >> 8 * i & 0xffu);
}

static inline uint32_t nn_widen_even_add(uint32_t offsets, uint32_t bytes) {
    return nn_lanes(nn_low(offsets) + nn_byte(bytes, 0), nn_high(offsets) + nn_byte(bytes, 2));
}

static inline uint32_t nn_widen_odd_add(uint32_t offsets, uint32_t bytes) {
    return nn_lanes(nn_low(offsets) + nn_byte(bytes, 1), nn_high(offsets) + nn_byte(bytes, 3));
}

static inline uint32_t nn_widen_even(uint32_t bytes) {
    return nn_widen_even_add(0, bytes);
}

static inline uint32_t nn_widen_odd(uint32_t bytes) {
    return nn_widen_odd_add(0, bytes);
}

static inline uint32_t nn_doubled_lanes(uint32_t lanes) {
    return nn_lanes(2 * nn_low(lanes), 2 * nn_high(lanes));
}

static inline int32_t nn_high_product(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + (1ll << 31)) >> 32);
}

static inline int32_t nn_saturate_s8(int32_t x) {
    x = x < INT8_MIN ? INT8_MIN : x;
    return x > INT8_MAX ? INT8_MAX : x;
}

/* The lanes of a where choose_a is set, of b elsewhere. */
static inline uint32_t nn_larger_4(uint32_t a, uint32_t b, uint32_t if_larger, uint32_t if_not) {
    uint32_t result = 0;
    for (int32_t i = 0; i < 4; i++) {
        uint32_t lane = nn_byte(a, i) >= nn_byte(b, i) ? if_larger : if_not;
        result |= lane & 0xffu << 8 * i;
    }
    return result;
}

static inline uint32_t nn_max_4(uint32_t a, uint32_t b) {
    return nn_larger_4(a, b, a, b);
}

static inline uint32_t nn_min_4(uint32_t a, uint32_t b) {
    return nn_larger_4(a, b, b, a);
}

#endif

#endif
