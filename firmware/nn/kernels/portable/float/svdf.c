/* SVDF of float32, filter by filter; as EvalFloatSVDF of tflite/kernels/internal/reference/svdf.h.
 */
#include "kernels/svdf.h"

#include <string.h>

static float dot(const float *a, const float *b, int32_t count) {
    float sum = 0.0f;
    for (int32_t i = 0; i < count; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

void nn_svdf_f32(const nn_svdf_shape *shape, nn_range_f32 range, const float *features,
                 const float *time, const float *bias, const float *input, float *state,
                 float *output) {
    const nn_svdf_shape *s = shape;
    for (int32_t batch = 0; batch < s->batches; batch++) {
        for (int32_t i = 0; i < s->outputs; i++) {
            float sum = 0.0f;
            for (int32_t filter = i * s->rank; filter < (i + 1) * s->rank; filter++) {
                int32_t last = s->memory - 1;
                memmove(state, state + 1, (size_t)last * sizeof *state);
                state[last] = dot(input, features + filter * s->inputs, s->inputs);
                sum += dot(state, time + filter * s->memory, s->memory);
                state += s->memory;
            }
            *output++ = nn_clamp_f32(bias == NULL ? sum : sum + bias[i], range);
        }
        input += s->inputs;
    }
}
