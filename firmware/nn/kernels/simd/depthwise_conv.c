/* Depthwise convolution with SIMD, row by row; most windows of 3x3 have a kernel of their own. */
#include "kernels/simd/depthwise_conv.h"

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
    nn_depthwise_conv conv = {params, multipliers, shifts, filter, bias, false};
    conv.are_short = nn_are_short(&conv, 0, params->output_channels);
    if (nn_is_depthwise_conv_3x3(params)) {
        nn_depthwise_conv_3x3(&conv, input, output);
    } else {
        convolve(&conv, input, output);
    }
}
