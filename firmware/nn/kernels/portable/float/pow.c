/* Powers of float32. */
#include <math.h>

#include "kernels/float.h"

void nn_pow_f32(nn_range_f32 range, const float *a, int32_t a_step, const float *b, int32_t b_step,
                float *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        float x = a[i * a_step];
        float y = b[i * b_step];
        output[i] = nn_clamp_f32(powf(x, y), range);
    }
}
