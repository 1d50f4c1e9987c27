/* Transposed convolution in plain C. Each output is gathered from the inputs that reach it: those
 * at which, with the stride, the filter leads there. */
#include "kernels/transpose_conv.h"

#include "fixed_point.h"

/* Not inlined: in a function of its own all that its loop needs is in registers. */
__attribute__((noinline)) static int32_t dot(const int8_t *input, const int8_t *filter,
                                             int32_t count, int32_t offset) {
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += filter[i] * (input[i] + offset);
    }
    return sum;
}

/* One output channel at one position; input is the image, filter that channel's. */
static int32_t sum_of(const nn_conv_params *p, const nn_taps *y, const nn_taps *x,
                      const int8_t *input, const int8_t *filter) {
    int32_t channels = p->input_channels;
    int32_t sum = 0;
    for (int32_t fy = y->begin; fy < y->end; fy += p->y.stride) {
        int32_t row = (y->reach - fy) / p->y.stride * p->x.output;
        for (int32_t fx = x->begin; fx < x->end; fx += p->x.stride) {
            int32_t point = row + (x->reach - fx) / p->x.stride;
            sum += dot(input + point * channels, filter + (fy * p->x.filter + fx) * channels,
                       channels, p->input_offset);
        }
    }
    return sum;
}

void nn_transpose_conv_s8(const nn_conv_params *params, const int32_t *multipliers,
                          const int8_t *shifts, const int8_t *input, const int8_t *filter,
                          const int32_t *bias, int8_t *output) {
    const nn_conv_params *p = params;
    int32_t filter_size = p->y.filter * p->x.filter * p->input_channels;
    int32_t image = p->y.output * p->x.output * p->input_channels;
    for (int32_t row = 0; row < p->batches * p->y.input; row++) {
        const int8_t *from = input + row / p->y.input * image;
        nn_taps y = nn_taps_at(&p->y, row % p->y.input);
        for (int32_t i = 0; i < p->x.input; i++) {
            nn_taps x = nn_taps_at(&p->x, i);
            for (int32_t c = 0; c < p->output_channels; c++) {
                int32_t sum = sum_of(p, &y, &x, from, filter + c * filter_size);
                sum = nn_wrapping_add(sum, bias == NULL ? 0 : bias[c]);
                sum = nn_multiply(sum, multipliers[c], shifts[c]);
                sum = nn_wrapping_add(sum, p->output_offset);
                *output++ = (int8_t)nn_clamp(sum, p->min, p->max);
            }
        }
    }
}
