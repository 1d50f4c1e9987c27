/* Transposed convolution of float32 in plain C. LiteRT spreads inputs over the output, one after
 * the other; so they add up here in the order of the inputs, in which filters are read from their
 * end. */
#include "kernels/transpose_conv.h"
#include "kernels/float.h"

/* The last of the filter elements; less than `begin` if there is none. */
static int32_t last_of(const nn_taps *taps, int32_t stride) {
    int32_t many = (taps->end - 1 - taps->begin) / stride;
    return taps->end > taps->begin ? taps->begin + many * stride : taps->begin - 1;
}

/* One output channel at one position; input is the image, filter that channel's. */
static float sum_of(const nn_conv_params *p, const nn_taps *y, const nn_taps *x, const float *input,
                    const float *filter) {
    int32_t channels = p->input_channels;
    float sum = 0.0f;
    for (int32_t fy = last_of(y, p->y.stride); fy >= y->begin; fy -= p->y.stride) {
        int32_t row = (y->reach - fy) / p->y.stride * p->x.output;
        for (int32_t fx = last_of(x, p->x.stride); fx >= x->begin; fx -= p->x.stride) {
            const float *point = input + (row + (x->reach - fx) / p->x.stride) * channels;
            const float *taps = filter + (fy * p->x.filter + fx) * channels;
            for (int32_t c = 0; c < channels; c++) {
                sum += point[c] * taps[c];
            }
        }
    }
    return sum;
}

void nn_transpose_conv_f32(const nn_conv_params *shape, nn_range_f32 range, const float *input,
                           const float *filter, const float *bias, float *output) {
    const nn_conv_params *p = shape;
    int32_t filter_size = p->y.filter * p->x.filter * p->input_channels;
    int32_t image = p->y.output * p->x.output * p->input_channels;
    for (int32_t row = 0; row < p->batches * p->y.input; row++) {
        const float *from = input + row / p->y.input * image;
        nn_taps y = nn_taps_at(&p->y, row % p->y.input);
        for (int32_t i = 0; i < p->x.input; i++) {
            nn_taps x = nn_taps_at(&p->x, i);
            for (int32_t c = 0; c < p->output_channels; c++) {
                float sum = sum_of(p, &y, &x, from, filter + c * filter_size);
                *output = nn_clamp_f32(bias == NULL ? sum : sum + bias[c], range);
                output++;
            }
        }
    }
}
