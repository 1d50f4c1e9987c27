/* Fully connected layer of int16. */
#include <math.h>

#include "kernels/portable/int16/sum.h"

/* Nearest integer, halves away from zero; what no int32_t can hold becomes INT32_MIN, as it does on
 * the x86 hosts of the reference. */
static int32_t rescaled(int64_t sum, double scale) {
    double real = round((double)sum * scale);
    return real >= -2147483648.0 && real < 2147483648.0 ? (int32_t)real : INT32_MIN;
}

static int64_t dot(const nn_fully_connected_s16_params *p, const int16_t *input,
                   const int8_t *filter) {
    int64_t sum = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        int32_t product = (filter[i] + p->filter_offset) * input[i];
        sum += product;
    }
    return sum;
}

void nn_fully_connected_s16(const nn_fully_connected_s16_params *params, const double *scales,
                            const int16_t *input, const int8_t *filter, nn_bias bias,
                            int16_t *output) {
    const nn_fully_connected_s16_params *p = params;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        for (int32_t i = 0; i < p->outputs; i++) {
            int64_t sum = nn_with_bias(dot(p, input, filter + i * p->depth), bias, i);
            int32_t scaled = rescaled(sum, scales[i * p->scale_step]);
            *output++ = (int16_t)nn_clamp(scaled, p->min, p->max);
        }
        input += p->depth;
    }
}
