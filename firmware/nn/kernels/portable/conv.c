/* Convolution in plain C. The innermost loop runs along the channels of a row of the window, which
 * lie one after the other in the input as in the filter. */
#include "kernels/conv.h"

#include "fixed_point.h"

/* Where a window lies, in elements. */
typedef struct {
    nn_span y;
    nn_span x;
    const int8_t *input; /* the first input channel of the group, at (0, 0) of the image */
} window;

static int32_t dot(const int8_t *input, const int8_t *filter, int32_t count, int32_t offset) {
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += filter[i] * (input[i] + offset);
    }
    return sum;
}

static int32_t accumulate(const nn_conv_params *p, const window *w, const int8_t *filter) {
    int32_t channels = p->group_channels;
    int32_t sum = 0;
    for (int32_t fy = w->y.begin; fy < w->y.end; fy++) {
        int32_t y = w->y.origin + fy * p->y.dilation;
        for (int32_t fx = w->x.begin; fx < w->x.end; fx++) {
            int32_t x = w->x.origin + fx * p->x.dilation;
            sum += dot(w->input + (y * p->x.input + x) * p->input_channels,
                       filter + (fy * p->x.filter + fx) * channels, channels, p->input_offset);
        }
    }
    return sum;
}

static void conv_position(const nn_conv_params *p, const int32_t *multipliers, const int8_t *shifts,
                          const window *w, const int8_t *filter, const int32_t *bias,
                          int8_t *output) {
    int32_t filter_size = p->y.filter * p->x.filter * p->group_channels;
    for (int32_t channel = 0; channel < p->output_channels; channel++) {
        window group = *w;
        group.input += channel / p->group_outputs * p->group_channels;
        int32_t sum = accumulate(p, &group, filter + channel * filter_size);
        sum = bias == NULL ? sum : nn_wrapping_add(sum, bias[channel]);
        sum = nn_multiply(sum, multipliers[channel], shifts[channel]);
        sum = nn_clamp(nn_wrapping_add(sum, p->output_offset), p->min, p->max);
        output[channel] = (int8_t)sum;
    }
}

void nn_conv_s8(const nn_conv_params *params, const int32_t *multipliers, const int8_t *shifts,
                const int8_t *input, const int8_t *filter, const int32_t *bias, int8_t *output) {
    const nn_conv_params *p = params;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        window w = {.input = input};
        for (int32_t y = 0; y < p->y.output; y++) {
            w.y = nn_span_at(&p->y, y);
            for (int32_t x = 0; x < p->x.output; x++) {
                w.x = nn_span_at(&p->x, x);
                conv_position(p, multipliers, shifts, &w, filter, bias, output);
                output += p->output_channels;
            }
        }
        input += p->y.input * p->x.input * p->input_channels;
    }
}
