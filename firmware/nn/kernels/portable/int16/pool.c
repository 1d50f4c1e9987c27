/* Pooling of int16. */
#include "fixed_point.h"
#include "kernels/int16.h"

/* One channel of one window; input is that channel at (0, 0) of the image. */
typedef int32_t pool_one(const nn_pool_params *p, nn_span y, nn_span x, const int16_t *input);

static int32_t average(const nn_pool_params *p, nn_span y, nn_span x, const int16_t *input) {
    int32_t count = (y.end - y.begin) * (x.end - x.begin);
    int32_t sum = 0;
    for (int32_t fy = y.begin; fy < y.end; fy++) {
        for (int32_t fx = x.begin; fx < x.end; fx++) {
            sum += input[((y.origin + fy) * p->x.input + x.origin + fx) * p->channels];
        }
    }
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

static int32_t maximum(const nn_pool_params *p, nn_span y, nn_span x, const int16_t *input) {
    int32_t max = INT16_MIN;
    for (int32_t fy = y.begin; fy < y.end; fy++) {
        for (int32_t fx = x.begin; fx < x.end; fx++) {
            int32_t value = input[((y.origin + fy) * p->x.input + x.origin + fx) * p->channels];
            max = value > max ? value : max;
        }
    }
    return max;
}

static void pool(const nn_pool_params *p, pool_one *one, const int16_t *input, int16_t *output) {
    int32_t rows = p->batches * p->y.output;
    int32_t image = p->y.input * p->x.input * p->channels;
    for (int32_t row = 0; row < rows; row++) {
        nn_span y = nn_span_at(&p->y, row % p->y.output);
        const int16_t *from = input + row / p->y.output * image;
        for (int32_t i = 0; i < p->x.output; i++) {
            nn_span x = nn_span_at(&p->x, i);
            for (int32_t c = 0; c < p->channels; c++) {
                *output++ = (int16_t)nn_clamp(one(p, y, x, from + c), p->min, p->max);
            }
        }
    }
}

void nn_average_pool_s16(const nn_pool_params *params, const int16_t *input, int16_t *output) {
    pool(params, average, input, output);
}

void nn_max_pool_s16(const nn_pool_params *params, const int16_t *input, int16_t *output) {
    pool(params, maximum, input, output);
}
