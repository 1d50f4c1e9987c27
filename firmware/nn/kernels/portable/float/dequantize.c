/* float16 to float32. */
#include <string.h>

#include "kernels/requantize.h"

/* Sign, exponent and fraction go to their places in a float32, and the exponent's bias is put right
 * by a product that is exact; so the smallest numbers, which have no leading 1, need no case. */
static float real_of(uint16_t half) {
    const float bias = 0x1p112f;
    uint32_t bits = (half & 0x7fffu) << 13;
    float magnitude;
    if (bits >= 0x7c00u << 13) { /* infinite, or no number */
        bits |= 0x7f800000u;
        memcpy(&magnitude, &bits, sizeof magnitude);
    } else {
        memcpy(&magnitude, &bits, sizeof magnitude);
        magnitude *= bias;
    }
    return (half & 0x8000u) != 0 ? -magnitude : magnitude;
}

void nn_dequantize_f16(const uint16_t *input, float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        output[i] = real_of(input[i]);
    }
}
