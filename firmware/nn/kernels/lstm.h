/* LSTM over a sequence, of int8 with cells of int16. */
#ifndef NN_KERNELS_LSTM_H
#define NN_KERNELS_LSTM_H

#include <stdbool.h>
#include <stdint.h>

/** The gates, in the order of their tensors. */
enum { NN_LSTM_INPUT, NN_LSTM_FORGET, NN_LSTM_CELL, NN_LSTM_OUTPUT, NN_LSTM_GATES };

/** How many there are of each. */
typedef struct {
    int32_t batches;
    int32_t steps;
    int32_t inputs;
    int32_t cells;
    bool
        time_major; /**< inputs and outputs are [steps, batches, ...], else [batches, steps, ...] */
} nn_lstm_shape;

/** multiplier / 2^31 * 2^shift */
typedef struct {
    int32_t multiplier;
    int32_t shift;
} nn_lstm_scale;

typedef struct {
    nn_lstm_shape shape;
    int32_t input_offset;                   /**< minus the input's zero point */
    int32_t state_offset;                   /**< minus that of the output's state */
    int32_t output_offset;                  /**< the output's zero point */
    int32_t cell_integer_bits;              /**< of the 15 bits of a cell, 0 to 6 */
    int32_t cell_limit;                     /**< cells stay within plus and minus this */
    nn_lstm_scale input[NN_LSTM_GATES];     /**< of the sums over the inputs, to Q3.12 */
    nn_lstm_scale recurrent[NN_LSTM_GATES]; /**< of those over the last step's outputs */
    nn_lstm_scale output;                   /**< of Q0.30 to the output */
} nn_lstm_params;

/** input: cells rows of `inputs` weights; recurrent: cells rows of `cells`; bias: one a cell. */
typedef struct {
    const int8_t *input[NN_LSTM_GATES];
    const int8_t *recurrent[NN_LSTM_GATES];
    const int32_t *bias[NN_LSTM_GATES];
} nn_lstm_weights;

typedef struct {
    const float *input[NN_LSTM_GATES];
    const float *recurrent[NN_LSTM_GATES];
    const float *bias[NN_LSTM_GATES];
} nn_lstm_weights_f32;

/** state: the outputs of the last step, [batches, cells]; cell: the cells, the same. Both are
 * read and written. */
void nn_lstm_s8(const nn_lstm_params *params, const nn_lstm_weights *weights, const int8_t *input,
                int8_t *state, int16_t *cell, int8_t *output);

/** cell_limit: 0 for none. */
void nn_lstm_f32(const nn_lstm_shape *shape, float cell_limit, const nn_lstm_weights_f32 *weights,
                 const float *input, float *state, float *cell, float *output);

/** Where a batch's rows of one step start, of so many elements each. */
static inline int32_t nn_lstm_row(const nn_lstm_shape *s, int32_t batch, int32_t step,
                                  int32_t elements) {
    int32_t row = s->time_major ? step * s->batches + batch : batch * s->steps + step;
    return row * elements;
}

#endif
