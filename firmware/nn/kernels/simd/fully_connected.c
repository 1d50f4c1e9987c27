/* Fully connected layer with SIMD: two outputs at once, so that each input is widened once for
 * both; two products an instruction. */
#include "kernels/fully_connected.h"

#include <stddef.h>

#include "fixed_point.h"
#include "kernels/dsp.h"

enum { ROWS = 2 };

/* Adds up two rows of the filter; for a single last row both are the same one. */
static void dot_rows(const nn_fully_connected_params *p, const int8_t *input,
                     const int8_t *const rows[ROWS], int32_t sums[ROWS]) {
    const uint32_t input_offsets = nn_lanes(p->input_offset, p->input_offset);
    const uint32_t filter_offsets = nn_lanes(p->filter_offset, p->filter_offset);
    const int8_t *row_0 = rows[0];
    const int8_t *row_1 = rows[1];
    int32_t sum_0 = 0;
    int32_t sum_1 = 0;
    int32_t tail = p->depth % 4;
    for (const int8_t *end = input + p->depth - tail; input != end; input += 4) {
        uint32_t inputs = nn_load_4(input);
        uint32_t even = nn_widen_even_add(input_offsets, inputs);
        uint32_t odd = nn_widen_odd_add(input_offsets, inputs);
        uint32_t four = nn_load_4(row_0);
        sum_0 = nn_dot_2(nn_widen_even_add(filter_offsets, four), even, sum_0);
        sum_0 = nn_dot_2(nn_widen_odd_add(filter_offsets, four), odd, sum_0);
        four = nn_load_4(row_1);
        sum_1 = nn_dot_2(nn_widen_even_add(filter_offsets, four), even, sum_1);
        sum_1 = nn_dot_2(nn_widen_odd_add(filter_offsets, four), odd, sum_1);
        row_0 += 4;
        row_1 += 4;
    }
    for (int32_t i = 0; i < tail; i++) {
        int32_t value = input[i] + p->input_offset;
        sum_0 += (row_0[i] + p->filter_offset) * value;
        sum_1 += (row_1[i] + p->filter_offset) * value;
    }
    sums[0] = sum_0;
    sums[1] = sum_1;
}

void nn_fully_connected_s8(const nn_fully_connected_params *params, const nn_output_scale *scales,
                           const int8_t *input, const int8_t *filter, const int32_t *bias,
                           int8_t *output) {
    const nn_fully_connected_params *p = params;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        for (int32_t i = 0; i < p->outputs; i += ROWS) {
            int32_t count = i + 1 < p->outputs ? ROWS : 1;
            const int8_t *row = filter + i * p->depth;
            const int8_t *const rows[ROWS] = {row, row + (count - 1) * p->depth};
            int32_t sums[ROWS];
            dot_rows(p, input, rows, sums);
            for (int32_t j = i; j < i + count; j++) {
                int32_t sum = nn_wrapping_add(sums[j - i], bias == NULL ? 0 : bias[j]);
                *output++ = (int8_t)nn_fully_connected_finish(p, sum, scales[j * p->scale_step]);
            }
        }
        input += p->depth;
    }
}
