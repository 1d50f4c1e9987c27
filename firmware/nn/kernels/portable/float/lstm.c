/* LSTM of float32, cell by cell; as LstmStepFloat of tflite/kernels/lstm_eval.cc. */
#include "kernels/lstm.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernels/float.h"

static float dot(const float *x, const float *weights, int32_t count) {
    float sum = 0.0f;
    for (int32_t i = 0; i < count; i++) {
        sum += x[i] * weights[i];
    }
    return sum;
}

/* What gate g of cell i gets. */
static float gate(const nn_lstm_shape *s, const nn_lstm_weights_f32 *w, int32_t g, int32_t i,
                  const float *input, const float *state) {
    float sum = w->bias[g][i] + dot(input, w->input[g] + i * s->inputs, s->inputs);
    return sum + dot(state, w->recurrent[g] + i * s->cells, s->cells);
}

static void step(const nn_lstm_shape *s, const nn_lstm_weights_f32 *w, nn_range_f32 range,
                 const float *input, const float *state, float *cell, float *output) {
    for (int32_t i = 0; i < s->cells; i++) {
        float gates[NN_LSTM_GATES];
        for (int32_t g = 0; g < NN_LSTM_GATES; g++) {
            gates[g] = gate(s, w, g, i, input, state);
        }
        float candidate = tanhf(gates[NN_LSTM_CELL]);
        nn_logistic_f32(gates, gates, NN_LSTM_GATES);
        float kept = gates[NN_LSTM_FORGET] * cell[i];
        cell[i] = nn_clamp_f32(kept + candidate * gates[NN_LSTM_INPUT], range);
        output[i] = gates[NN_LSTM_OUTPUT] * tanhf(cell[i]);
    }
}

void nn_lstm_f32(const nn_lstm_shape *shape, float cell_limit, const nn_lstm_weights_f32 *weights,
                 const float *input, float *state, float *cell, float *output) {
    const nn_lstm_shape *s = shape;
    float limit = cell_limit > 0.0f ? cell_limit : FLT_MAX;
    const nn_range_f32 range = {-limit, limit};
    for (int32_t batch = 0; batch < s->batches; batch++) {
        float *last = state + batch * s->cells;
        for (int32_t t = 0; t < s->steps; t++) {
            float *now = output + nn_lstm_row(s, batch, t, s->cells);
            step(s, weights, range, input + nn_lstm_row(s, batch, t, s->inputs), last,
                 cell + batch * s->cells, now);
            memcpy(last, now, (size_t)s->cells * sizeof *now);
        }
    }
}
