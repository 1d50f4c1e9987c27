/* Convolution of uint8, as TOCO's models of 2019 have it, in plain C. The innermost loop runs along
 * elements that lie one after the other in the input as in the filter. */
#include <stdbool.h>

#include "fixed_point.h"
#include "kernels/conv.h"

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

/* One output channel at one position; input is the first channel of its group, at (0, 0). */
static int32_t sum_of(const nn_conv_params *p, nn_span y, nn_span x, const uint8_t *input,
                      const uint8_t *filter) {
    int32_t channels = p->group_channels;
    bool is_dense = p->x.dilation == 1 && channels == p->input_channels;
    int32_t points = is_dense ? x.end - x.begin : 1;
    int32_t sum = 0;
    for (int32_t fy = y.begin; fy < y.end; fy++) {
        int32_t row = (y.origin + fy * p->y.dilation) * p->x.input;
        for (int32_t fx = x.begin; fx < x.end; fx += points) {
            int32_t point = row + x.origin + fx * p->x.dilation;
            const uint8_t *weights = filter + (fy * p->x.filter + fx) * channels;
            sum += dot(p, input + point * p->input_channels, weights, points * channels);
        }
    }
    return sum;
}

void nn_conv_u8(const nn_conv_params *params, const int32_t *multipliers, const int8_t *shifts,
                const uint8_t *input, const uint8_t *filter, const int32_t *bias, uint8_t *output) {
    const nn_conv_params *p = params;
    int32_t filter_size = p->y.filter * p->x.filter * p->group_channels;
    int32_t rows = p->batches * p->y.output;
    int32_t image = p->y.input * p->x.input * p->input_channels;
    for (int32_t row = 0; row < rows; row++) {
        nn_span y = nn_span_at(&p->y, row % p->y.output);
        const uint8_t *from = input + row / p->y.output * image;
        for (int32_t i = 0; i < p->x.output; i++) {
            nn_span x = nn_span_at(&p->x, i);
            for (int32_t c = 0; c < p->output_channels; c++) {
                const uint8_t *group = from + c / p->group_outputs * p->group_channels;
                int32_t sum = sum_of(p, y, x, group, filter + c * filter_size);
                sum = nn_wrapping_add(sum, bias == NULL ? 0 : bias[c]);
                sum =
                    nn_wrapping_add(nn_multiply(sum, multipliers[c], shifts[c]), p->output_offset);
                *output++ = (uint8_t)nn_clamp(sum, p->min, p->max);
            }
        }
    }
}
