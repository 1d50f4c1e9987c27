/* Fully connected layer in plain C. */
#include "kernels/fully_connected.h"

#include <math.h>

#include "fixed_point.h"

static int32_t dot(const nn_fully_connected_params *p, const int8_t *input, const int8_t *filter) {
    int32_t sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        sum += (filter[i] + p->filter_offset) * (input[i] + p->input_offset);
    }
    return sum;
}

/* Nearest integer of sum * scale, halves away from zero. What no int32_t can hold becomes
 * INT32_MIN, as it does on the x86 hosts of the reference. */
static int32_t rescale(int32_t sum, double scale) {
    double real = round((double)sum * scale);
    return real >= -2147483648.0 && real < 2147483648.0 ? (int32_t)real : INT32_MIN;
}

void nn_fully_connected_s8(const nn_fully_connected_params *params, const double *scales,
                           const int8_t *input, const int8_t *filter, const int32_t *bias,
                           int8_t *output) {
    const nn_fully_connected_params *p = params;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        for (int32_t i = 0; i < p->outputs; i++) {
            int32_t sum = dot(p, input, filter + i * p->depth);
            sum = bias == NULL ? sum : nn_wrapping_add(sum, bias[i]);
            sum = rescale(sum, scales[i * p->scale_step]);
            sum = nn_clamp(nn_wrapping_add(sum, p->output_offset), p->min, p->max);
            *output++ = (int8_t)sum;
        }
        input += p->depth;
    }
}
