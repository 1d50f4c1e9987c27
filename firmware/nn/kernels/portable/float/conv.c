/* Convolutions of float32. */
#include "kernels/float.h"

/* What one output channel sees of the image at one position. */
typedef struct {
    nn_span y;
    nn_span x;
    const float *input; /* the first channel of its group, at (0, 0) */
} window;

/* The sum of products at one position of one output channel, whose filter starts at `filter`. */
typedef float sum_of_window(const nn_conv_params *p, const window *w, const float *filter);

static float sum_of_group(const nn_conv_params *p, const window *w, const float *filter) {
    float sum = 0.0f;
    for (int32_t fy = w->y.begin; fy < w->y.end; fy++) {
        int32_t row = (w->y.origin + fy * p->y.dilation) * p->x.input;
        for (int32_t fx = w->x.begin; fx < w->x.end; fx++) {
            int32_t point = row + w->x.origin + fx * p->x.dilation;
            const float *from = w->input + point * p->input_channels;
            const float *weights = filter + (fy * p->x.filter + fx) * p->group_channels;
            for (int32_t c = 0; c < p->group_channels; c++) {
                sum += from[c] * weights[c];
            }
        }
    }
    return sum;
}

static float sum_of_channel(const nn_conv_params *p, const window *w, const float *filter) {
    float sum = 0.0f;
    for (int32_t fy = w->y.begin; fy < w->y.end; fy++) {
        int32_t row = (w->y.origin + fy * p->y.dilation) * p->x.input;
        for (int32_t fx = w->x.begin; fx < w->x.end; fx++) {
            int32_t point = row + w->x.origin + fx * p->x.dilation;
            sum += w->input[point * p->input_channels] *
                   filter[(fy * p->x.filter + fx) * p->output_channels];
        }
    }
    return sum;
}

/* All of it; filter_stride is from one output channel's filter to the next one's. */
static void convolve(const nn_conv_params *p, nn_range_f32 range, const float *input,
                     const float *filter, int32_t filter_stride, const float *bias,
                     sum_of_window *sum_of, float *output) {
    int32_t rows = p->batches * p->y.output;
    int32_t image = p->y.input * p->x.input * p->input_channels;
    for (int32_t row = 0; row < rows; row++) {
        window w = {.y = nn_span_at(&p->y, row % p->y.output)};
        for (int32_t i = 0; i < p->x.output; i++) {
            w.x = nn_span_at(&p->x, i);
            for (int32_t c = 0; c < p->output_channels; c++) {
                int32_t group = c / p->group_outputs * p->group_channels;
                w.input = input + row / p->y.output * image + group;
                float sum = sum_of(p, &w, filter + c * filter_stride);
                *output++ = nn_clamp_f32(sum + (bias == NULL ? 0.0f : bias[c]), range);
            }
        }
    }
}

void nn_conv_f32(const nn_conv_params *shape, nn_range_f32 range, const float *input,
                 const float *filter, const float *bias, float *output) {
    int32_t filter_size = shape->y.filter * shape->x.filter * shape->group_channels;
    convolve(shape, range, input, filter, filter_size, bias, sum_of_group, output);
}

void nn_depthwise_conv_f32(const nn_conv_params *shape, nn_range_f32 range, const float *input,
                           const float *filter, const float *bias, float *output) {
    convolve(shape, range, input, filter, 1, bias, sum_of_channel, output);
}
