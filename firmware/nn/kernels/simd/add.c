/* Addition, four elements at a time where both inputs run along. */
#include "kernels/add.h"

#include <stdbool.h>

#include "kernels/dsp.h"
#include "kernels/simd/rescale.h"

enum { BLOCK = 4 };

/* One input in the short way of nn_rescale(), for which an input of the largest scale, i.e. one
 * that is to be multiplied by exactly a half without a shift, is shifted by one bit more before,
 * and one after. */
typedef struct {
    int32_t factor; /* of an element, before it is rescaled; doubled for nn_high_product() */
    int32_t start;  /* what an element of 0 gives then */
    nn_rescaling rescaling;
} short_input;

static short_input short_input_of(const nn_add_input *input) {
    int32_t extra = input->shift == 0 ? 1 : 0;
    int32_t factor = 1 << (NN_ADD_LEFT_SHIFT + 1 + extra);
    return (short_input){
        .factor = factor,
        .start = input->offset * factor,
        .rescaling = nn_rescaling_of(input->multiplier, input->shift - extra),
    };
}

static inline int32_t short_scaled(const short_input *input, int32_t value) {
    int32_t doubled = value * input->factor + input->start;
    int32_t product = nn_high_product(doubled, input->rescaling.multiplier);
    return nn_short_shift_right(&input->rescaling, product);
}

/* `blocks` times four elements. output may be a or b. */
static void add_blocks(const nn_add_params *params, const int8_t *a, const int8_t *b,
                       int8_t *output, int32_t blocks) {
    const short_input input_a = short_input_of(&params->input[0]);
    const short_input input_b = short_input_of(&params->input[1]);
    const nn_rescaling rescaling = nn_rescaling_of(params->output_multiplier, params->output_shift);
    const int32_t offset = params->output_offset;
    const uint32_t min = nn_repeat_4(params->min);
    const uint32_t max = nn_repeat_4(params->max);
    for (const int8_t *end = a + blocks * BLOCK; a != end; a += BLOCK) {
        int32_t sums[BLOCK];
        for (int32_t i = 0; i < BLOCK; i++) {
            sums[i] = short_scaled(&input_a, a[i]);
        }
        for (int32_t i = 0; i < BLOCK; i++) {
            sums[i] = 2 * (sums[i] + short_scaled(&input_b, b[i]));
        }
        for (int32_t i = 0; i < BLOCK; i++) {
            int32_t product = nn_high_product(sums[i], rescaling.multiplier);
            sums[i] = nn_saturate_s8(nn_short_shift_right(&rescaling, product) + offset);
        }
        uint32_t four = nn_pack_4(sums[0], sums[1], sums[2], sums[3]);
        nn_store_4(output, nn_min_4(nn_max_4(four, min), max));
        b += BLOCK;
        output += BLOCK;
    }
}

/* Once in the code, for both inputs. */
__attribute__((noinline)) static int32_t scaled(const nn_add_input *input, int32_t value) {
    return nn_add_scaled(input, value);
}

void nn_add_s8(const nn_add_params *params, const int8_t *a, int32_t a_step, const int8_t *b,
               int32_t b_step, int8_t *output, int32_t count) {
    bool is_short = a_step == 1 && b_step == 1 && params->output_shift < 0;
    int32_t blocks = is_short ? count / BLOCK : 0;
    add_blocks(params, a, b, output, blocks);
    for (int32_t i = blocks * BLOCK; i < count; i++) {
        int32_t sum =
            scaled(&params->input[0], a[i * a_step]) + scaled(&params->input[1], b[i * b_step]);
        output[i] = (int8_t)nn_add_finish(params, sum);
    }
}
