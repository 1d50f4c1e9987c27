/* Pools of float32. */
#include <float.h>
#include <stdbool.h>

#include "kernels/float.h"

/* One channel of one window; input is that channel at (0, 0) of the image. */
static float pooled(const nn_pool_params *p, bool averages, nn_span y, nn_span x,
                    const float *input) {
    float sum = 0.0f;
    float max = -FLT_MAX;
    for (int32_t fy = y.begin; fy < y.end; fy++) {
        for (int32_t fx = x.begin; fx < x.end; fx++) {
            float value = input[((y.origin + fy) * p->x.input + x.origin + fx) * p->channels];
            sum += value;
            max = value > max ? value : max;
        }
    }
    return averages ? sum / (float)((y.end - y.begin) * (x.end - x.begin)) : max;
}

static void pool(const nn_pool_params *p, bool averages, nn_range_f32 range, const float *input,
                 float *output) {
    int32_t rows = p->batches * p->y.output;
    int32_t image = p->y.input * p->x.input * p->channels;
    for (int32_t row = 0; row < rows; row++) {
        nn_span y = nn_span_at(&p->y, row % p->y.output);
        const float *from = input + row / p->y.output * image;
        for (int32_t i = 0; i < p->x.output; i++) {
            nn_span x = nn_span_at(&p->x, i);
            for (int32_t c = 0; c < p->channels; c++) {
                *output++ = nn_clamp_f32(pooled(p, averages, y, x, from + c), range);
            }
        }
    }
}

void nn_average_pool_f32(const nn_pool_params *shape, nn_range_f32 range, const float *input,
                         float *output) {
    pool(shape, true, range, input, output);
}

void nn_max_pool_f32(const nn_pool_params *shape, nn_range_f32 range, const float *input,
                     float *output) {
    pool(shape, false, range, input, output);
}
