/* Convolution in plain C. The innermost loop runs along elements that lie one after the other in
 * the input as in the filter: a row of the window, or where that has gaps, the channels of one
 * point. Four output channels are computed at once, so that each input is read once for four
 * products. */
#include "kernels/conv.h"

#include <stdbool.h>

#include "fixed_point.h"

enum { LANES = 4 };

/* Where a window lies. */
typedef struct {
    nn_span y;
    nn_span x;
    const int8_t *input; /* the first input channel of the group, at (0, 0) of the image */
} window;

/* Not inlined, nor the next one: in a function of their own all that their loops need is in
 * registers. */
__attribute__((noinline)) static int32_t dot(const int8_t *input, const int8_t *filter,
                                             int32_t count, int32_t offset) {
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += filter[i] * (input[i] + offset);
    }
    return sum;
}

/* The same for LANES filters, `stride` apart. */
__attribute__((noinline)) static void dot_lanes(const int8_t *input, const int8_t *filter,
                                                int32_t stride, int32_t count, int32_t offset,
                                                int32_t sums[LANES]) {
    const int8_t *filter_1 = filter + stride;
    const int8_t *filter_2 = filter_1 + stride;
    const int8_t *filter_3 = filter_2 + stride;
    int32_t sum_0 = sums[0];
    int32_t sum_1 = sums[1];
    int32_t sum_2 = sums[2];
    int32_t sum_3 = sums[3];
    for (int32_t i = 0; i < count; i++) {
        int32_t value = input[i] + offset;
        sum_0 += filter[i] * value;
        sum_1 += filter_1[i] * value;
        sum_2 += filter_2[i] * value;
        sum_3 += filter_3[i] * value;
    }
    sums[0] = sum_0;
    sums[1] = sum_1;
    sums[2] = sum_2;
    sums[3] = sum_3;
}

/* Adds up the window for LANES output channels, or for one. */
static void accumulate(const nn_conv_params *p, const window *w, const int8_t *filter,
                       int32_t lanes, int32_t sums[LANES]) {
    int32_t channels = p->group_channels;
    int32_t filter_size = p->y.filter * p->x.filter * channels;
    bool dense = p->x.dilation == 1 && channels == p->input_channels;
    int32_t points = dense ? w->x.end - w->x.begin : 1;
    for (int32_t fy = w->y.begin; fy < w->y.end; fy++) {
        int32_t y = w->y.origin + fy * p->y.dilation;
        for (int32_t fx = w->x.begin; fx < w->x.end; fx += points) {
            int32_t x = w->x.origin + fx * p->x.dilation;
            const int8_t *from = w->input + (y * p->x.input + x) * p->input_channels;
            const int8_t *weights = filter + (fy * p->x.filter + fx) * channels;
            if (lanes == LANES) {
                dot_lanes(from, weights, filter_size, points * channels, p->input_offset, sums);
            } else {
                sums[0] += dot(from, weights, points * channels, p->input_offset);
            }
        }
    }
}

/* All output channels at one position. */
static void convolve_position(const nn_conv_params *p, const int32_t *multipliers,
                              const int8_t *shifts, const window *w, const int8_t *filter,
                              const int32_t *bias, int8_t *output) {
    int32_t filter_size = p->y.filter * p->x.filter * p->group_channels;
    int32_t lanes;
    for (int32_t channel = 0; channel < p->output_channels; channel += lanes) {
        window group = *w;
        int32_t sums[LANES] = {0};
        group.input += channel / p->group_outputs * p->group_channels;
        lanes = channel % p->group_outputs + LANES <= p->group_outputs ? LANES : 1;
        accumulate(p, &group, filter + channel * filter_size, lanes, sums);
        for (int32_t lane = 0; lane < lanes; lane++) {
            int32_t c = channel + lane;
            int32_t sum = bias == NULL ? sums[lane] : nn_wrapping_add(sums[lane], bias[c]);
            sum = nn_multiply(sum, multipliers[c], shifts[c]);
            output[c] = (int8_t)nn_clamp(nn_wrapping_add(sum, p->output_offset), p->min, p->max);
        }
    }
}

void nn_conv_s8(const nn_conv_params *params, const int32_t *multipliers, const int8_t *shifts,
                const int8_t *input, const int8_t *filter, const int32_t *bias, uint32_t *scratch,
                int8_t *output) {
    const nn_conv_params *p = params;
    (void)scratch;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        window w = {.input = input};
        for (int32_t y = 0; y < p->y.output; y++) {
            w.y = nn_span_at(&p->y, y);
            for (int32_t x = 0; x < p->x.output; x++) {
                w.x = nn_span_at(&p->x, x);
                convolve_position(p, multipliers, shifts, &w, filter, bias, output);
                output += p->output_channels;
            }
        }
        input += p->y.input * p->x.input * p->input_channels;
    }
}
