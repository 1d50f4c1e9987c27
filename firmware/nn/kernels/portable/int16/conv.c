/* Convolutions of int16. */
#include "kernels/portable/int16/sum.h"

/* What one output channel sees of the image at one position. */
typedef struct {
    nn_span y;
    nn_span x;
    const int16_t *input; /* the first channel of its group, at (0, 0) */
    int32_t tap_step;     /* from a weight to that of the next place of the window */
} window;

static int64_t sum_of(const nn_conv_params *p, const window *w, const int8_t *filter) {
    int64_t sum = 0;
    for (int32_t fy = w->y.begin; fy < w->y.end; fy++) {
        int32_t row = (w->y.origin + fy * p->y.dilation) * p->x.input;
        for (int32_t fx = w->x.begin; fx < w->x.end; fx++) {
            int32_t point = row + w->x.origin + fx * p->x.dilation;
            const int16_t *from = w->input + point * p->input_channels;
            const int8_t *weights = filter + (fy * p->x.filter + fx) * w->tap_step;
            for (int32_t c = 0; c < p->group_channels; c++) {
                int32_t product = weights[c] * from[c];
                sum += product;
            }
        }
    }
    return sum;
}

/* filter_step: from an output channel's first weight to the next one's. */
static void convolve(const nn_conv_params *p, const int32_t *multipliers, const int8_t *shifts,
                     const int16_t *input, const int8_t *filter, int32_t filter_step,
                     int32_t tap_step, nn_bias bias, int16_t *output) {
    int32_t rows = p->batches * p->y.output;
    int32_t image = p->y.input * p->x.input * p->input_channels;
    for (int32_t row = 0; row < rows; row++) {
        window w = {.y = nn_span_at(&p->y, row % p->y.output), .tap_step = tap_step};
        for (int32_t x = 0; x < p->x.output; x++) {
            w.x = nn_span_at(&p->x, x);
            for (int32_t c = 0; c < p->output_channels; c++) {
                int32_t group = c / p->group_outputs * p->group_channels;
                w.input = input + row / p->y.output * image + group;
                int64_t sum = nn_with_bias(sum_of(p, &w, filter + c * filter_step), bias, c);
                int32_t scaled = bias.is_32_bit
                                     ? nn_multiply((int32_t)sum, multipliers[c], shifts[c])
                                     : nn_multiply_long(sum, multipliers[c], shifts[c]);
                *output++ = (int16_t)nn_clamp(scaled, p->min, p->max);
            }
        }
    }
}

void nn_conv_s16(const nn_conv_params *params, const int32_t *multipliers, const int8_t *shifts,
                 const int16_t *input, const int8_t *filter, nn_bias bias, int16_t *output) {
    int32_t size = params->y.filter * params->x.filter * params->group_channels;
    convolve(params, multipliers, shifts, input, filter, size, params->group_channels, bias,
             output);
}

void nn_depthwise_conv_s16(const nn_conv_params *params, const int32_t *multipliers,
                           const int8_t *shifts, const int16_t *input, const int8_t *filter,
                           nn_bias bias, int16_t *output) {
    convolve(params, multipliers, shifts, input, filter, 1, params->output_channels, bias, output);
}
