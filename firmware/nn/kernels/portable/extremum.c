/* Maximum and minimum in plain C. */
#include "kernels/extremum.h"

void nn_maximum_8(uint8_t flip, const uint8_t *a, int32_t a_step, const uint8_t *b, int32_t b_step,
                  uint8_t *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        output[i] = (int8_t)(*a ^ flip) > (int8_t)(*b ^ flip) ? *a : *b;
        a += a_step;
        b += b_step;
    }
}

void nn_minimum_8(uint8_t flip, const uint8_t *a, int32_t a_step, const uint8_t *b, int32_t b_step,
                  uint8_t *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        output[i] = (int8_t)(*a ^ flip) < (int8_t)(*b ^ flip) ? *a : *b;
        a += a_step;
        b += b_step;
    }
}
