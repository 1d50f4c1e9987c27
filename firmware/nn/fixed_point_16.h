/* The functions of gemmlowp on 16-bit fixed-point numbers, bit for bit, as the ops with a state of
 * int16 use them. Sources: gemmlowp fixedpoint/fixedpoint.h. */
#ifndef NN_FIXED_POINT_16_H
#define NN_FIXED_POINT_16_H

#include <stdint.h>

static inline int32_t nn_clamp_s16(int32_t x) {
    return x < INT16_MIN ? INT16_MIN : (x > INT16_MAX ? INT16_MAX : x);
}

/** gemmlowp::logistic of a Q3.12 number; result Q0.15. */
int16_t nn_logistic_s16(int16_t x);

/** gemmlowp::tanh of a number with integer_bits, 0 to 6, of 15 before its point; result Q0.15. */
int16_t nn_tanh_s16(int16_t x, int32_t integer_bits);

#endif
