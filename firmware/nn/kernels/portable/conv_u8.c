/* Convolution and depthwise convolution of uint8, as TOCO's models of 2019 have them, in plain C.
 */
#include <stdbool.h>

#include "fixed_point.h"
#include "kernels/conv.h"
#include "kernels/depthwise_conv.h"

/* What one output channel sees of the image at one position. */
typedef struct {
    nn_span y;
    nn_span x;
    const uint8_t *input; /* the first channel of its group, at (0, 0) */
} window;

/* The sum of products at one position of one output channel, whose filter starts at `filter`. */
typedef int32_t sum_of_window(const nn_conv_params *p, const window *w, const uint8_t *filter);

/* Not inlined: in a function of its own all that its loop needs is in registers. */
__attribute__((noinline)) static int32_t dot(const nn_conv_params *p, const uint8_t *input,
                                             const uint8_t *filter, int32_t count) {
    const int32_t input_offset = p->input_offset;
    const int32_t filter_offset = p->filter_offset;
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += (filter[i] + filter_offset) * (input[i] + input_offset);
    }
    return sum;
}

/* The innermost loop runs along elements that lie one after the other in the input as in the
 * filter. */
static int32_t sum_of_group(const nn_conv_params *p, const window *w, const uint8_t *filter) {
    int32_t channels = p->group_channels;
    bool is_dense = p->x.dilation == 1 && channels == p->input_channels;
    int32_t points = is_dense ? w->x.end - w->x.begin : 1;
    int32_t sum = 0;
    for (int32_t fy = w->y.begin; fy < w->y.end; fy++) {
        int32_t row = (w->y.origin + fy * p->y.dilation) * p->x.input;
        for (int32_t fx = w->x.begin; fx < w->x.end; fx += points) {
            int32_t point = row + w->x.origin + fx * p->x.dilation;
            const uint8_t *weights = filter + (fy * p->x.filter + fx) * channels;
            sum += dot(p, w->input + point * p->input_channels, weights, points * channels);
        }
    }
    return sum;
}

static int32_t sum_of_channel(const nn_conv_params *p, const window *w, const uint8_t *filter) {
    int32_t sum = 0;
    for (int32_t fy = w->y.begin; fy < w->y.end; fy++) {
        int32_t row = (w->y.origin + fy * p->y.dilation) * p->x.input;
        for (int32_t fx = w->x.begin; fx < w->x.end; fx++) {
            int32_t point = row + w->x.origin + fx * p->x.dilation;
            int32_t weight = filter[(fy * p->x.filter + fx) * p->output_channels];
            int32_t value = w->input[point * p->input_channels];
            sum += (weight + p->filter_offset) * (value + p->input_offset);
        }
    }
    return sum;
}

/* All of it; filter_stride is from one output channel's filter to the next one's. */
static void convolve(const nn_conv_params *p, const int32_t *multipliers, const int8_t *shifts,
                     const uint8_t *input, const uint8_t *filter, int32_t filter_stride,
                     const int32_t *bias, sum_of_window *sum_of, uint8_t *output) {
    int32_t rows = p->batches * p->y.output;
    int32_t image = p->y.input * p->x.input * p->input_channels;
    for (int32_t row = 0; row < rows; row++) {
        window w = {.y = nn_span_at(&p->y, row % p->y.output)};
        for (int32_t i = 0; i < p->x.output; i++) {
            w.x = nn_span_at(&p->x, i);
            for (int32_t c = 0; c < p->output_channels; c++) {
                int32_t group = c / p->group_outputs * p->group_channels;
                w.input = input + row / p->y.output * image + group;
                int32_t sum = sum_of(p, &w, filter + c * filter_stride);
                sum = nn_wrapping_add(sum, bias == NULL ? 0 : bias[c]);
                sum = nn_multiply(sum, multipliers[c], shifts[c]);
                sum = nn_wrapping_add(sum, p->output_offset);
                *output++ = (uint8_t)nn_clamp(sum, p->min, p->max);
            }
        }
    }
}

void nn_conv_u8(const nn_conv_params *params, const int32_t *multipliers, const int8_t *shifts,
                const uint8_t *input, const uint8_t *filter, const int32_t *bias, uint8_t *output) {
    int32_t filter_size = params->y.filter * params->x.filter * params->group_channels;
    convolve(params, multipliers, shifts, input, filter, filter_size, bias, sum_of_group, output);
}

void nn_depthwise_conv_u8(const nn_conv_params *params, const int32_t *multipliers,
                          const int8_t *shifts, const uint8_t *input, const uint8_t *filter,
                          const int32_t *bias, uint8_t *output) {
    convolve(params, multipliers, shifts, input, filter, 1, bias, sum_of_channel, output);
}
