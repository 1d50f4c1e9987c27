/* Pooling of uint8 in plain C. */
#include <stdbool.h>

#include "fixed_point.h"
#include "kernels/pool.h"

/* One channel of one window; input is that channel at (0, 0) of the image. */
static int32_t pooled(const nn_pool_params *p, bool averages, nn_span y, nn_span x,
                      const uint8_t *input) {
    int32_t count = (y.end - y.begin) * (x.end - x.begin);
    int32_t sum = 0;
    int32_t max = 0;
    for (int32_t fy = y.begin; fy < y.end; fy++) {
        for (int32_t fx = x.begin; fx < x.end; fx++) {
            int32_t value = input[((y.origin + fy) * p->x.input + x.origin + fx) * p->channels];
            sum += value;
            max = value > max ? value : max;
        }
    }
    return averages ? (sum + count / 2) / count : max;
}

static void pool(const nn_pool_params *p, bool averages, const uint8_t *input, uint8_t *output) {
    int32_t rows = p->batches * p->y.output;
    int32_t image = p->y.input * p->x.input * p->channels;
    for (int32_t row = 0; row < rows; row++) {
        nn_span y = nn_span_at(&p->y, row % p->y.output);
        const uint8_t *from = input + row / p->y.output * image;
        for (int32_t i = 0; i < p->x.output; i++) {
            nn_span x = nn_span_at(&p->x, i);
            for (int32_t c = 0; c < p->channels; c++) {
                *output++ = (uint8_t)nn_clamp(pooled(p, averages, y, x, from + c), p->min, p->max);
            }
        }
    }
}

void nn_average_pool_u8(const nn_pool_params *params, const uint8_t *input, uint8_t *output) {
    pool(params, true, input, output);
}

void nn_max_pool_u8(const nn_pool_params *params, const uint8_t *input, uint8_t *output) {
    pool(params, false, input, output);
}
