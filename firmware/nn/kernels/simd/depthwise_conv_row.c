/* Depthwise convolution with any window: four channels at once, where they see four input channels
 * that lie side by side, or one and the same; one at a time else. */
#include "kernels/simd/depthwise_conv.h"

#include "fixed_point.h"
#include "kernels/dsp.h"
#include "kernels/simd/rescale.h"

enum { LANES = 4 };

/* The part of the window that lies within the image, and how to walk through it. */
typedef struct {
    int32_t rows;
    int32_t columns;   /* bytes of a row of the input from the first column to behind the last */
    int32_t input_row; /* from the end of one row to the start of the next */
    int32_t input_step;
    int32_t filter_row;
    int32_t filter_step;
    int32_t input_start; /* of channel 0 */
    int32_t filter_start;
} walk;

static walk walk_of(const nn_conv_params *p, nn_span y, nn_span x) {
    int32_t columns = x.end > x.begin ? x.end - x.begin : 0;
    int32_t input_step = p->x.dilation * p->input_channels;
    int32_t top = y.origin + y.begin * p->y.dilation;
    int32_t left = x.origin + x.begin * p->x.dilation;
    return (walk){
        .rows = columns > 0 ? y.end - y.begin : 0,
        .columns = columns * input_step,
        .input_row = p->y.dilation * p->x.input * p->input_channels - columns * input_step,
        .input_step = input_step,
        .filter_row = (p->x.filter - columns) * p->output_channels,
        .filter_step = p->output_channels,
        .input_start = (top * p->x.input + left) * p->input_channels,
        .filter_start = (y.begin * p->x.filter + x.begin) * p->output_channels,
    };
}

/* Adds up one channel. */
static int32_t dot(const walk *w, const int8_t *input, const int8_t *filter, int32_t offset) {
    int32_t sum = 0;
    for (int32_t row = w->rows; row > 0; row--) {
        for (const int8_t *end = input + w->columns; input != end; input += w->input_step) {
            sum += *filter * (*input + offset);
            filter += w->filter_step;
        }
        input += w->input_row;
        filter += w->filter_row;
    }
    return sum;
}

/* Adds up four channels, each with its own of the input, or all with the same one. Inlined with
 * is_shared known, so that it costs nothing to ask. */
__attribute__((always_inline)) static inline void dot_4(const walk *w, const int8_t *input,
                                                        const int8_t *filter, int32_t offset,
                                                        int32_t sums[LANES], bool is_shared) {
    const uint32_t offsets = nn_lanes(offset, offset);
    const int32_t input_step = w->input_step;
    const int32_t filter_step = w->filter_step;
    int32_t sum_0 = 0;
    int32_t sum_1 = 0;
    int32_t sum_2 = 0;
    int32_t sum_3 = 0;
    for (int32_t row = w->rows; row > 0; row--) {
        for (const int8_t *end = input + w->columns; input != end; input += input_step) {
            uint32_t given = is_shared ? (uint32_t)(*input + offset) : nn_load_4(input);
            uint32_t weights = nn_load_4(filter);
            uint32_t even = is_shared ? given : nn_widen_even_add(offsets, given);
            uint32_t odd = is_shared ? given : nn_widen_odd_add(offsets, given);
            uint32_t weights_even = nn_widen_even(weights);
            uint32_t weights_odd = nn_widen_odd(weights);
            sum_0 = nn_add_product_low(weights_even, even, sum_0);
            sum_1 = nn_add_product_low(weights_odd, odd, sum_1);
            sum_2 = is_shared ? nn_add_product_high_low(weights_even, even, sum_2)
                              : nn_add_product_high(weights_even, even, sum_2);
            sum_3 = is_shared ? nn_add_product_high_low(weights_odd, odd, sum_3)
                              : nn_add_product_high(weights_odd, odd, sum_3);
            filter += filter_step;
        }
        input += w->input_row;
        filter += w->filter_row;
    }
    sums[0] = sum_0;
    sums[1] = sum_1;
    sums[2] = sum_2;
    sums[3] = sum_3;
}

__attribute__((noinline)) static void dot_own(const walk *w, const int8_t *input,
                                              const int8_t *filter, int32_t offset,
                                              int32_t sums[LANES]) {
    dot_4(w, input, filter, offset, sums, false);
}

__attribute__((noinline)) static void dot_shared(const walk *w, const int8_t *input,
                                                 const int8_t *filter, int32_t offset,
                                                 int32_t sums[LANES]) {
    dot_4(w, input, filter, offset, sums, true);
}

bool nn_are_short(const nn_depthwise_conv *conv, int32_t first, int32_t end) {
    const nn_conv_params *p = conv->params;
    for (int32_t i = first; i < end; i++) {
        if (!nn_is_short(conv->shifts[i], conv->bias == NULL ? 0 : conv->bias[i])) {
            return false;
        }
    }
    return p->y.filter * p->x.filter <= NN_SHORT_PRODUCTS;
}

/* Four channels, where nn_are_short(). Not inlined, so that its loop keeps all in registers. */
__attribute__((noinline)) static void finish_short(const nn_depthwise_conv *conv, int32_t channel,
                                                   const int32_t *sums, int8_t *output) {
    static const int32_t no_bias[LANES];
    const nn_conv_params *p = conv->params;
    const int32_t *multipliers = conv->multipliers + channel;
    const int8_t *shifts = conv->shifts + channel;
    const int32_t *bias = conv->bias == NULL ? no_bias : conv->bias + channel;
    const int32_t addend = 2 * p->output_offset + 1;
    for (int32_t i = 0; i < LANES; i++) {
        int32_t product = nn_high_product(2 * (sums[i] + bias[i]), multipliers[i]);
        product += (product >> 31) + addend * (1 << (-shifts[i] - 1));
        output[i] = (int8_t)nn_saturate_s8(product >> -shifts[i]);
    }
    if (p->min != INT8_MIN || p->max != INT8_MAX) {
        uint32_t four = nn_max_4(nn_load_4(output), nn_repeat_4(p->min));
        nn_store_4(output, nn_min_4(four, nn_repeat_4(p->max)));
    }
}

__attribute__((noinline)) static void finish(const nn_depthwise_conv *conv, int32_t channel,
                                             int32_t sum, int8_t *output) {
    const nn_conv_params *p = conv->params;
    nn_rescaling rescaling = nn_rescaling_of(conv->multipliers[channel], conv->shifts[channel]);
    sum = nn_wrapping_add(sum, conv->bias == NULL ? 0 : conv->bias[channel]);
    sum = nn_wrapping_add(nn_rescale(&rescaling, sum), p->output_offset);
    *output = (int8_t)nn_clamp(sum, p->min, p->max);
}

static void finish_lanes(const nn_depthwise_conv *conv, int32_t channel, const int32_t *sums,
                         int8_t *output) {
    if (conv->are_short || nn_are_short(conv, channel, channel + LANES)) {
        finish_short(conv, channel, sums, output);
        return;
    }
    for (int32_t lane = 0; lane < LANES; lane++) {
        finish(conv, channel + lane, sums[lane], output + lane);
    }
}

/* Some channels at one output position. */
static void convolve_position(const nn_depthwise_conv *conv, const walk *w, const int8_t *input,
                              int32_t first, int32_t end, int8_t *output) {
    const nn_conv_params *p = conv->params;
    const bool is_shared = p->group_outputs % LANES == 0;
    const bool by_lanes = is_shared || p->group_outputs == 1;
    int32_t lanes;
    for (int32_t channel = first; channel < end; channel += lanes) {
        const int8_t *from = input + w->input_start + channel / p->group_outputs;
        const int8_t *weights = conv->filter + w->filter_start + channel;
        lanes = by_lanes && channel + LANES <= end ? LANES : 1;
        if (lanes == 1) {
            finish(conv, channel, dot(w, from, weights, p->input_offset), output + channel);
            continue;
        }
        int32_t sums[LANES];
        if (is_shared) {
            dot_shared(w, from, weights, p->input_offset, sums);
        } else {
            dot_own(w, from, weights, p->input_offset, sums);
        }
        finish_lanes(conv, channel, sums, output + channel);
    }
}

void nn_depthwise_conv_row(const nn_depthwise_conv *conv, const int8_t *input, int32_t y,
                           int32_t first, int32_t end, int8_t *output) {
    const nn_conv_params *p = conv->params;
    const nn_span span_y = nn_span_at(&p->y, y);
    for (int32_t x = 0; x < p->x.output; x++) {
        walk w = walk_of(p, span_y, nn_span_at(&p->x, x));
        convolve_position(conv, &w, input, first, end, output);
        output += p->output_channels;
    }
}
