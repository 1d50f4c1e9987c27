/* LSTM of int8, cell by cell; as LstmStepInteger8x8_16 of tflite/kernels/lstm_eval.cc. */
#include "kernels/lstm.h"

#include <string.h>

#include "fixed_point.h"
#include "fixed_point_16.h"

static int32_t dot(const int8_t *x, int32_t offset, const int8_t *weights, int32_t count) {
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += (x[i] + offset) * weights[i];
    }
    return sum;
}

static int32_t scaled(int32_t x, nn_lstm_scale scale) {
    return nn_multiply(x, scale.multiplier, scale.shift);
}

/* What gate g of cell i gets, Q3.12. */
static int16_t gate(const nn_lstm_params *p, const nn_lstm_weights *w, int32_t g, int32_t i,
                    const int8_t *input, const int8_t *state) {
    int32_t inputs = p->shape.inputs;
    int32_t cells = p->shape.cells;
    int32_t sum = dot(input, p->input_offset, w->input[g] + i * inputs, inputs);
    int32_t given = nn_clamp_s16(scaled(nn_wrapping_add(sum, w->bias[g][i]), p->input[g]));
    int32_t past = dot(state, p->state_offset, w->recurrent[g] + i * cells, cells);
    return (int16_t)nn_clamp_s16(nn_wrapping_add(scaled(past, p->recurrent[g]), given));
}

static int16_t next_cell(const nn_lstm_params *p, int16_t cell, const int16_t gates[]) {
    int32_t kept = nn_rounding_shift_right(nn_logistic_s16(gates[NN_LSTM_FORGET]) * cell, 15);
    int32_t added = nn_logistic_s16(gates[NN_LSTM_INPUT]) * nn_tanh_s16(gates[NN_LSTM_CELL], 3);
    added = nn_rounding_shift_right(added, 15 + p->cell_integer_bits);
    return (int16_t)nn_clamp(nn_clamp_s16(kept + added), -p->cell_limit, p->cell_limit);
}

static void step(const nn_lstm_params *p, const nn_lstm_weights *w, const int8_t *input,
                 const int8_t *state, int16_t *cell, int8_t *output) {
    for (int32_t i = 0; i < p->shape.cells; i++) {
        int16_t gates[NN_LSTM_GATES];
        for (int32_t g = 0; g < NN_LSTM_GATES; g++) {
            gates[g] = gate(p, w, g, i, input, state);
        }
        cell[i] = next_cell(p, cell[i], gates);
        int32_t shown = nn_tanh_s16(cell[i], p->cell_integer_bits);
        int32_t real = scaled(nn_logistic_s16(gates[NN_LSTM_OUTPUT]) * shown, p->output);
        output[i] = (int8_t)nn_clamp(nn_wrapping_add(real, p->output_offset), INT8_MIN, INT8_MAX);
    }
}

void nn_lstm_s8(const nn_lstm_params *params, const nn_lstm_weights *weights, const int8_t *input,
                int8_t *state, int16_t *cell, int8_t *output) {
    const nn_lstm_shape *s = &params->shape;
    for (int32_t batch = 0; batch < s->batches; batch++) {
        int8_t *last = state + batch * s->cells;
        for (int32_t t = 0; t < s->steps; t++) {
            int8_t *now = output + nn_lstm_row(s, batch, t, s->cells);
            step(params, weights, input + nn_lstm_row(s, batch, t, s->inputs), last,
                 cell + batch * s->cells, now);
            memcpy(last, now, (size_t)s->cells);
        }
    }
}
