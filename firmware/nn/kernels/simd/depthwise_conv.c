/* Depthwise convolution with SIMD: four channels at once, where they see four input channels that
 * lie side by side, or one and the same; one at a time else. Most windows of 3x3 have a kernel of
 * their own. */
#include "kernels/simd/depthwise_conv.h"

#include "fixed_point.h"
#include "kernels/dsp.h"
#include "kernels/simd/rescale.h"

enum { LANES = 4 };

/* The part of the window that lies within the image, and how to walk through it. */
typedef struct {
    int32_t rows;
    int32_t columns;
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
        .columns = columns,
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
    for (int32_t row = 0; row < w->rows; row++) {
        for (int32_t i = 0; i < w->columns; i++) {
            sum += *filter * (*input + offset);
            input += w->input_step;
            filter += w->filter_step;
        }
        input += w->input_row;
        filter += w->filter_row;
    }
    return sum;
}

/* Adds up four channels; of the input each has its own, or all have the same. Once for either, so
 * that the choice is not made in the loop. */
static inline __attribute__((always_inline)) void dot_lanes(const walk *w, const int8_t *input,
                                                            const int8_t *filter, int32_t offset,
                                                            bool is_shared, int32_t sums[LANES]) {
    const uint32_t offsets = nn_lanes(offset, offset);
    const int32_t input_step = w->input_step;
    const int32_t filter_step = w->filter_step;
    int32_t sum_0 = 0;
    int32_t sum_1 = 0;
    int32_t sum_2 = 0;
    int32_t sum_3 = 0;
    for (int32_t row = 0; row < w->rows; row++) {
        for (int32_t i = w->columns; i > 0; i--) {
            uint32_t inputs = is_shared ? nn_repeat_4(*input) : nn_load_4(input);
            uint32_t weights = nn_load_4(filter);
            uint32_t even = nn_widen_even_add(offsets, inputs);
            uint32_t odd = is_shared ? even : nn_widen_odd_add(offsets, inputs);
            uint32_t weights_even = nn_widen_even(weights);
            uint32_t weights_odd = nn_widen_odd(weights);
            sum_0 = nn_add_product_low(weights_even, even, sum_0);
            sum_1 = nn_add_product_low(weights_odd, odd, sum_1);
            sum_2 = nn_add_product_high(weights_even, even, sum_2);
            sum_3 = nn_add_product_high(weights_odd, odd, sum_3);
            input += input_step;
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
    dot_lanes(w, input, filter, offset, false, sums);
}

__attribute__((noinline)) static void dot_shared(const walk *w, const int8_t *input,
                                                 const int8_t *filter, int32_t offset,
                                                 int32_t sums[LANES]) {
    dot_lanes(w, input, filter, offset, true, sums);
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
        int32_t sums[LANES];
        lanes = by_lanes && channel + LANES <= end ? LANES : 1;
        if (lanes == 1) {
            sums[0] = dot(w, from, weights, p->input_offset);
        } else if (is_shared) {
            dot_shared(w, from, weights, p->input_offset, sums);
        } else {
            dot_own(w, from, weights, p->input_offset, sums);
        }
        for (int32_t lane = 0; lane < lanes; lane++) {
            int32_t c = channel + lane;
            nn_rescaling rescaling = nn_rescaling_of(conv->multipliers[c], conv->shifts[c]);
            int32_t sum = nn_wrapping_add(sums[lane], conv->bias == NULL ? 0 : conv->bias[c]);
            sum = nn_wrapping_add(nn_rescale(&rescaling, sum), p->output_offset);
            output[c] = (int8_t)nn_clamp(sum, p->min, p->max);
        }
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

static void convolve(const nn_depthwise_conv *conv, const int8_t *input, int8_t *output) {
    const nn_conv_params *p = conv->params;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        for (int32_t y = 0; y < p->y.output; y++) {
            nn_depthwise_conv_row(conv, input, y, 0, p->output_channels, output);
            output += p->x.output * p->output_channels;
        }
        input += p->y.input * p->x.input * p->input_channels;
    }
}

void nn_depthwise_conv_s8(const nn_conv_params *params, const int32_t *multipliers,
                          const int8_t *shifts, const int8_t *input, const int8_t *filter,
                          const int32_t *bias, int8_t *output) {
    const nn_depthwise_conv conv = {params, multipliers, shifts, filter, bias};
    if (nn_is_depthwise_conv_3x3(params)) {
        nn_depthwise_conv_3x3(&conv, input, output);
    } else {
        convolve(&conv, input, output);
    }
}
