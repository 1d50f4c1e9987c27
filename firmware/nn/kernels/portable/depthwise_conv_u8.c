/* Depthwise convolution of uint8, as TOCO's models of 2019 have it, in plain C. */
#include "fixed_point.h"
#include "kernels/depthwise_conv.h"

/* One output channel at one position; input is its channel at (0, 0), filter its first weight. */
static int32_t sum_of(const nn_depthwise_conv_params *p, nn_span y, nn_span x, const uint8_t *input,
                      const uint8_t *filter) {
    int32_t sum = 0;
    for (int32_t fy = y.begin; fy < y.end; fy++) {
        int32_t row = (y.origin + fy * p->y.dilation) * p->x.input;
        for (int32_t fx = x.begin; fx < x.end; fx++) {
            int32_t point = row + x.origin + fx * p->x.dilation;
            int32_t weight = filter[(fy * p->x.filter + fx) * p->output_channels];
            sum +=
                (weight + p->filter_offset) * (input[point * p->input_channels] + p->input_offset);
        }
    }
    return sum;
}

void nn_depthwise_conv_u8(const nn_depthwise_conv_params *params, const int32_t *multipliers,
                          const int8_t *shifts, const uint8_t *input, const uint8_t *filter,
                          const int32_t *bias, uint8_t *output) {
    const nn_depthwise_conv_params *p = params;
    int32_t rows = p->batches * p->y.output;
    int32_t image = p->y.input * p->x.input * p->input_channels;
    for (int32_t row = 0; row < rows; row++) {
        nn_span y = nn_span_at(&p->y, row % p->y.output);
        const uint8_t *from = input + row / p->y.output * image;
        for (int32_t i = 0; i < p->x.output; i++) {
            nn_span x = nn_span_at(&p->x, i);
            for (int32_t c = 0; c < p->output_channels; c++) {
                int32_t sum = sum_of(p, y, x, from + c / p->multiplier, filter + c);
                sum = nn_wrapping_add(sum, bias == NULL ? 0 : bias[c]);
                sum =
                    nn_wrapping_add(nn_multiply(sum, multipliers[c], shifts[c]), p->output_offset);
                *output++ = (uint8_t)nn_clamp(sum, p->min, p->max);
            }
        }
    }
}
