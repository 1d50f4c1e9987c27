/* Pooling with SIMD: four channels at once. */
#include "kernels/pool.h"

#include "fixed_point.h"
#include "kernels/dsp.h"

enum { LANES = 4 };

/* So many int8 add up within an int16. */
enum { MAX_NARROW_SUM = 256 };

/* The part of a window that lies within the image. */
typedef struct {
    int32_t rows;
    int32_t columns;
    int32_t step; /* from one element to the next */
    int32_t row;  /* from the end of a row to the start of the next */
} area;

__attribute__((noinline)) static int32_t rounded_mean(int32_t sum, int32_t count) {
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

static int32_t sum_of(const area *w, const int8_t *input) {
    int32_t sum = 0;
    for (int32_t row = 0; row < w->rows; row++) {
        for (int32_t i = 0; i < w->columns; i++) {
            sum += *input;
            input += w->step;
        }
        input += w->row;
    }
    return sum;
}

static int32_t max_of(const area *w, const int8_t *input) {
    int32_t max = INT8_MIN;
    for (int32_t row = 0; row < w->rows; row++) {
        for (int32_t i = 0; i < w->columns; i++) {
            max = *input > max ? *input : max;
            input += w->step;
        }
        input += w->row;
    }
    return max;
}

/* Four sums, in the int16 lanes of two words: those of channels 0 and 2, and of 1 and 3. */
static void sum_of_4(const area *w, const int8_t *input, uint32_t *even, uint32_t *odd) {
    uint32_t sums_even = 0;
    uint32_t sums_odd = 0;
    for (int32_t row = 0; row < w->rows; row++) {
        for (int32_t i = 0; i < w->columns; i++) {
            uint32_t four = nn_load_4(input);
            sums_even = nn_widen_even_add(sums_even, four);
            sums_odd = nn_widen_odd_add(sums_odd, four);
            input += w->step;
        }
        input += w->row;
    }
    *even = sums_even;
    *odd = sums_odd;
}

static uint32_t max_of_4(const area *w, const int8_t *input) {
    uint32_t max = nn_repeat_4(INT8_MIN);
    for (int32_t row = 0; row < w->rows; row++) {
        for (int32_t i = 0; i < w->columns; i++) {
            max = nn_max_4(max, nn_load_4(input));
            input += w->step;
        }
        input += w->row;
    }
    return max;
}

static uint32_t mean_of_4(const area *w, const int8_t *input) {
    int32_t count = w->rows * w->columns;
    uint32_t even;
    uint32_t odd;
    sum_of_4(w, input, &even, &odd);
    return nn_pack_4(rounded_mean(nn_low(even), count), rounded_mean(nn_low(odd), count),
                     rounded_mean(nn_high(even), count), rounded_mean(nn_high(odd), count));
}

/* All channels of one window; input is channel 0 of its first element within the image. */
typedef void pool_window(const nn_pool_params *p, const area *w, const int8_t *input,
                         int8_t *output);

static void average_window(const nn_pool_params *p, const area *w, const int8_t *input,
                           int8_t *output) {
    const uint32_t min = nn_repeat_4(p->min);
    const uint32_t max = nn_repeat_4(p->max);
    int32_t count = w->rows * w->columns;
    int32_t channel = 0;
    for (; count <= MAX_NARROW_SUM && channel + LANES <= p->channels; channel += LANES) {
        uint32_t four = mean_of_4(w, input + channel);
        nn_store_4(output + channel, nn_min_4(nn_max_4(four, min), max));
    }
    for (; channel < p->channels; channel++) {
        int32_t mean = rounded_mean(sum_of(w, input + channel), count);
        output[channel] = (int8_t)nn_clamp(mean, p->min, p->max);
    }
}

static void max_window(const nn_pool_params *p, const area *w, const int8_t *input,
                       int8_t *output) {
    const uint32_t min = nn_repeat_4(p->min);
    const uint32_t max = nn_repeat_4(p->max);
    int32_t channel = 0;
    for (; channel + LANES <= p->channels; channel += LANES) {
        uint32_t four = max_of_4(w, input + channel);
        nn_store_4(output + channel, nn_min_4(nn_max_4(four, min), max));
    }
    for (; channel < p->channels; channel++) {
        output[channel] = (int8_t)nn_clamp(max_of(w, input + channel), p->min, p->max);
    }
}

static void pool_position(const nn_pool_params *p, pool_window *window, nn_span y, nn_span x,
                          const int8_t *input, int8_t *output) {
    int32_t columns = x.end - x.begin;
    const area w = {
        .rows = y.end - y.begin,
        .columns = columns,
        .step = p->channels,
        .row = (p->x.input - columns) * p->channels,
    };
    int32_t top = y.origin + y.begin;
    int32_t left = x.origin + x.begin;
    window(p, &w, input + (top * p->x.input + left) * p->channels, output);
}

static void pool(const nn_pool_params *p, pool_window *window, const int8_t *input,
                 int8_t *output) {
    for (int32_t batch = 0; batch < p->batches; batch++) {
        for (int32_t y = 0; y < p->y.output; y++) {
            nn_span span_y = nn_span_at(&p->y, y);
            for (int32_t x = 0; x < p->x.output; x++) {
                pool_position(p, window, span_y, nn_span_at(&p->x, x), input, output);
                output += p->channels;
            }
        }
        input += p->y.input * p->x.input * p->channels;
    }
}

void nn_average_pool_s8(const nn_pool_params *params, const int8_t *input, int8_t *output) {
    pool(params, average_window, input, output);
}

void nn_max_pool_s8(const nn_pool_params *params, const int8_t *input, int8_t *output) {
    pool(params, max_window, input, output);
}
