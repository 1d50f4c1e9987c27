/* Depthwise convolution in plain C. */
#include "kernels/depthwise_conv.h"

#include "fixed_point.h"

/* Where a window lies. */
typedef struct {
    nn_span y;
    nn_span x;
    const int8_t *input; /* the image */
} window;

/* One output channel at one position; input and filter are its channels at their (0, 0). */
static int32_t accumulate(const nn_depthwise_conv_params *p, const window *w, const int8_t *input,
                          const int8_t *filter) {
    int32_t offset = p->input_offset;
    int32_t input_step = p->x.dilation * p->input_channels;
    int32_t filter_step = p->output_channels;
    int32_t sum = 0;
    for (int32_t fy = w->y.begin; fy < w->y.end; fy++) {
        int32_t y = w->y.origin + fy * p->y.dilation;
        int32_t x = w->x.origin + w->x.begin * p->x.dilation;
        int32_t in = (y * p->x.input + x) * p->input_channels;
        int32_t weight = (fy * p->x.filter + w->x.begin) * filter_step;
        for (int32_t fx = w->x.begin; fx < w->x.end; fx++) {
            sum += filter[weight] * (input[in] + offset);
            in += input_step;
            weight += filter_step;
        }
    }
    return sum;
}

static void convolve_position(const nn_depthwise_conv_params *p, const int32_t *multipliers,
                              const int8_t *shifts, const window *w, const int8_t *filter,
                              const int32_t *bias, int8_t *output) {
    for (int32_t channel = 0; channel < p->output_channels; channel++) {
        const int8_t *input = w->input + channel / p->multiplier;
        int32_t sum = accumulate(p, w, input, filter + channel);
        sum = bias == NULL ? sum : nn_wrapping_add(sum, bias[channel]);
        sum = nn_multiply(sum, multipliers[channel], shifts[channel]);
        sum = nn_clamp(nn_wrapping_add(sum, p->output_offset), p->min, p->max);
        output[channel] = (int8_t)sum;
    }
}

void nn_depthwise_conv_s8(const nn_depthwise_conv_params *params, const int32_t *multipliers,
                          const int8_t *shifts, const int8_t *input, const int8_t *filter,
                          const int32_t *bias, int8_t *output) {
    const nn_depthwise_conv_params *p = params;
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
