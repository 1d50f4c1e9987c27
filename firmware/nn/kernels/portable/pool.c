/* Pooling in plain C. */
#include "kernels/pool.h"

#include <stdbool.h>

#include "fixed_point.h"

/* One channel of one window; input is that channel at (0, 0) of the image. */
static int32_t average(const nn_pool_params *p, nn_span y, nn_span x, const int8_t *input) {
    int32_t count = (y.end - y.begin) * (x.end - x.begin);
    int32_t sum = 0;
    for (int32_t fy = y.begin; fy < y.end; fy++) {
        for (int32_t fx = x.begin; fx < x.end; fx++) {
            sum += input[((y.origin + fy) * p->x.input + x.origin + fx) * p->channels];
        }
    }
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

static int32_t maximum(const nn_pool_params *p, nn_span y, nn_span x, const int8_t *input) {
    int32_t max = INT8_MIN;
    for (int32_t fy = y.begin; fy < y.end; fy++) {
        for (int32_t fx = x.begin; fx < x.end; fx++) {
            int32_t value = input[((y.origin + fy) * p->x.input + x.origin + fx) * p->channels];
            max = value > max ? value : max;
        }
    }
    return max;
}

static void pool(const nn_pool_params *p, bool averages, const int8_t *input, int8_t *output) {
    for (int32_t y = 0; y < p->y.output; y++) {
        nn_span span_y = nn_span_at(&p->y, y);
        for (int32_t x = 0; x < p->x.output; x++) {
            nn_span span_x = nn_span_at(&p->x, x);
            for (int32_t c = 0; c < p->channels; c++) {
                int32_t value = averages ? average(p, span_y, span_x, input + c)
                                         : maximum(p, span_y, span_x, input + c);
                *output++ = (int8_t)nn_clamp(value, p->min, p->max);
            }
        }
    }
}

static void pool_batches(const nn_pool_params *p, bool averages, const int8_t *input,
                         int8_t *output) {
    for (int32_t batch = 0; batch < p->batches; batch++) {
        pool(p, averages, input, output);
        input += p->y.input * p->x.input * p->channels;
        output += p->y.output * p->x.output * p->channels;
    }
}

void nn_average_pool_s8(const nn_pool_params *params, const int8_t *input, int8_t *output) {
    pool_batches(params, true, input, output);
}

void nn_max_pool_s8(const nn_pool_params *params, const int8_t *input, int8_t *output) {
    pool_batches(params, false, input, output);
}
