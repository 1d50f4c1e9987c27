/* SVDF of int8, filter by filter; as EvalIntegerSVDF of tflite/kernels/internal/reference/svdf.h.
 */
#include "kernels/svdf.h"

#include <string.h>

#include "fixed_point.h"
#include "fixed_point_16.h"

/* What a filter remembers moves on by one step. */
static void remember(const nn_svdf_params *p, const int8_t *input, const int8_t *features,
                     int16_t *state) {
    int32_t last = p->shape.memory - 1;
    int32_t sum = 0;
    for (int32_t i = 0; i < p->shape.inputs; i++) {
        sum += features[i] * (input[i] + p->input_offset);
    }
    memmove(state, state + 1, (size_t)last * sizeof *state);
    state[last] = (int16_t)nn_clamp_s16(nn_multiply(sum, p->feature_multiplier, p->feature_shift));
}

static int32_t over_time(const int16_t *state, const int16_t *time, int32_t memory) {
    int32_t sum = 0;
    for (int32_t i = 0; i < memory; i++) {
        sum = nn_wrapping_add(sum, state[i] * time[i]);
    }
    return sum;
}

static int8_t output_of(const nn_svdf_params *p, int32_t sum) {
    int32_t real = nn_multiply(sum, p->time_multiplier, p->time_shift);
    return (int8_t)nn_clamp(nn_wrapping_add(real, p->output_offset), INT8_MIN, INT8_MAX);
}

void nn_svdf_s8(const nn_svdf_params *params, const int8_t *features, const int16_t *time,
                const int32_t *bias, const int8_t *input, int16_t *state, int8_t *output) {
    const nn_svdf_shape *s = &params->shape;
    for (int32_t batch = 0; batch < s->batches; batch++) {
        for (int32_t i = 0; i < s->outputs; i++) {
            int32_t sum = 0;
            for (int32_t filter = i * s->rank; filter < (i + 1) * s->rank; filter++) {
                remember(params, input, features + filter * s->inputs, state);
                int32_t past = over_time(state, time + filter * s->memory, s->memory);
                sum = nn_wrapping_add(sum, past);
                state += s->memory;
            }
            sum = bias == NULL ? sum : nn_wrapping_add(sum, bias[i]);
            *output++ = output_of(params, sum);
        }
        input += s->inputs;
    }
}
