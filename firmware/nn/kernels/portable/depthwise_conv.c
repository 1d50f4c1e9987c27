/* Depthwise convolution in plain C. Where each input channel has one output channel, four of them
 * are computed at once. */
#include "kernels/depthwise_conv.h"

#include "fixed_point.h"

enum { LANES = 4 };

/* Where a window lies. */
typedef struct {
    nn_span y;
    nn_span x;
    const int8_t *input; /* the image */
} window;

/* How one row of the window is walked along. */
typedef struct {
    int32_t count;
    int32_t input_step;
    int32_t filter_step;
    int32_t offset;
} row;

/* Not inlined, nor the next one: in a function of their own all that their loops need is in
 * registers. */
__attribute__((noinline)) static int32_t dot(const row *r, const int8_t *input,
                                             const int8_t *filter) {
    const int32_t input_step = r->input_step;
    const int32_t filter_step = r->filter_step;
    const int32_t offset = r->offset;
    int32_t sum = 0;
    for (int32_t i = 0; i < r->count; i++) {
        sum += filter[i * filter_step] * (input[i * input_step] + offset);
    }
    return sum;
}

/* The same for LANES channels that lie side by side in input and filter. */
__attribute__((noinline)) static void dot_lanes(const row *r, const int8_t *input,
                                                const int8_t *filter, int32_t sums[LANES]) {
    const int32_t input_step = r->input_step;
    const int32_t filter_step = r->filter_step;
    const int32_t offset = r->offset;
    int32_t sum_0 = sums[0];
    int32_t sum_1 = sums[1];
    int32_t sum_2 = sums[2];
    int32_t sum_3 = sums[3];
    for (int32_t i = 0; i < r->count; i++) {
        const int8_t *in = input + i * input_step;
        const int8_t *weights = filter + i * filter_step;
        sum_0 += weights[0] * (in[0] + offset);
        sum_1 += weights[1] * (in[1] + offset);
        sum_2 += weights[2] * (in[2] + offset);
        sum_3 += weights[3] * (in[3] + offset);
    }
    sums[0] = sum_0;
    sums[1] = sum_1;
    sums[2] = sum_2;
    sums[3] = sum_3;
}

/* Adds up the window for LANES output channels, or for one. */
static void accumulate(const nn_conv_params *p, const window *w, int32_t channel,
                       const int8_t *filter, int32_t lanes, int32_t sums[LANES]) {
    const row r = {
        .count = w->x.end - w->x.begin,
        .input_step = p->x.dilation * p->input_channels,
        .filter_step = p->output_channels,
        .offset = p->input_offset,
    };
    int32_t x = w->x.origin + w->x.begin * p->x.dilation;
    for (int32_t fy = w->y.begin; r.count > 0 && fy < w->y.end; fy++) {
        int32_t y = w->y.origin + fy * p->y.dilation;
        const int8_t *from =
            w->input + (y * p->x.input + x) * p->input_channels + channel / p->group_outputs;
        const int8_t *weights =
            filter + (fy * p->x.filter + w->x.begin) * p->output_channels + channel;
        if (lanes == LANES) {
            dot_lanes(&r, from, weights, sums);
        } else {
            sums[0] += dot(&r, from, weights);
        }
    }
}

/* All output channels at one position. */
static void convolve_position(const nn_conv_params *p, const int32_t *multipliers,
                              const int8_t *shifts, const window *w, const int8_t *filter,
                              const int32_t *bias, int8_t *output) {
    int32_t lanes;
    for (int32_t channel = 0; channel < p->output_channels; channel += lanes) {
        int32_t sums[LANES] = {0};
        lanes = p->group_outputs == 1 && channel + LANES <= p->output_channels ? LANES : 1;
        accumulate(p, w, channel, filter, lanes, sums);
        for (int32_t lane = 0; lane < lanes; lane++) {
            int32_t c = channel + lane;
            int32_t sum = bias == NULL ? sums[lane] : nn_wrapping_add(sums[lane], bias[c]);
            sum = nn_multiply(sum, multipliers[c], shifts[c]);
            output[c] = (int8_t)nn_clamp(nn_wrapping_add(sum, p->output_offset), p->min, p->max);
        }
    }
}

void nn_depthwise_conv_s8(const nn_conv_params *params, const int32_t *multipliers,
                          const int8_t *shifts, const int8_t *input, const int8_t *filter,
                          const int32_t *bias, int8_t *output) {
    const nn_conv_params *p = params;
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
