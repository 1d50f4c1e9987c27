/* Fully connected layer of float32. */
#include "kernels/float.h"

void nn_fully_connected_f32(int32_t batches, int32_t depth, int32_t outputs, nn_range_f32 range,
                            const float *input, const float *filter, const float *bias,
                            float *output) {
    for (int32_t batch = 0; batch < batches; batch++) {
        for (int32_t i = 0; i < outputs; i++) {
            const float *row = filter + i * depth;
            float sum = 0.0f;
            for (int32_t d = 0; d < depth; d++) {
                sum += input[d] * row[d];
            }
            *output++ = nn_clamp_f32(sum + (bias == NULL ? 0.0f : bias[i]), range);
        }
        input += depth;
    }
}
