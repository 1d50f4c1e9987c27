/* Fully connected layer in plain C. */
#include "kernels/fully_connected.h"

#include "fixed_point.h"

static int32_t dot(const nn_fully_connected_params *p, const int8_t *input, const int8_t *filter) {
    int32_t sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        sum += (filter[i] + p->filter_offset) * (input[i] + p->input_offset);
    }
    return sum;
}

void nn_fully_connected_s8(const nn_fully_connected_params *params, const nn_output_scale *scales,
                           const int8_t *input, const int8_t *filter, const int32_t *bias,
                           int8_t *output) {
    const nn_fully_connected_params *p = params;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        for (int32_t i = 0; i < p->outputs; i++) {
            int32_t sum = dot(p, input, filter + i * p->depth);
            sum = bias == NULL ? sum : nn_wrapping_add(sum, bias[i]);
            *output++ = (int8_t)nn_fully_connected_finish(p, sum, scales[i * p->scale_step]);
        }
        input += p->depth;
    }
}
