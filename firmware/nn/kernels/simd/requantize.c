/* Integers of one scale to integers of another, 8 bits each: four at a time.
 *
 * All are worked on as int8: uint8 loses its highest bit's weight by flipping it, before and after.
 */
#include "kernels/requantize.h"

#include "fixed_point.h"
#include "kernels/dsp.h"

enum { BLOCK = 4 };

/* A difference of 8-bit numbers has 9 bits and is doubled; more bits to the left overflow. */
enum { MOST_LEFT = 20 };

/* nn_multiply() in a few instructions for such differences. */
typedef struct {
    int32_t multiplier;
    int32_t factor; /* of an element, so that nn_high_product() doubles it and shifts it left */
    int32_t start;  /* what an element of 0 gives then */
    int32_t right;  /* bits to shift right */
    int32_t sign;   /* what stays of a product's sign: halves count as positive without a shift */
    int32_t half;   /* half of the last bit that stays */
    int32_t offset; /* the output's, as int8 */
} rescaling;

static rescaling rescaling_of(const nn_requantize_params *p) {
    int32_t left = p->shift > 0 ? p->shift : 0;
    int32_t right = p->shift > 0 ? 0 : -p->shift;
    int32_t factor = 2 << left;
    return (rescaling){
        .multiplier = p->multiplier,
        .factor = factor,
        .start = p->input_offset * factor,
        .right = right,
        .sign = right > 0 ? -1 : 0,
        .half = (int32_t)((1u << right) >> 1),
        .offset = p->min == INT8_MIN ? p->output_offset : p->output_offset - 128,
    };
}

static inline int32_t rescaled(const rescaling *r, int32_t value) {
    int32_t product = nn_high_product(value * r->factor + r->start, r->multiplier);
    int32_t negative = (product & r->sign) >> 31;
    return nn_saturate_s8(((product + negative + r->half) >> r->right) + r->offset);
}

/* Whether every element stays what it is, or all change their type only. */
static bool is_identity(const rescaling *r) {
    return r->multiplier == 1 << 30 && r->factor == 4 && r->start + 4 * r->offset == 0;
}

/* `blocks` times four elements. output may be input. */
static void requantize_blocks(const nn_requantize_params *p, const uint8_t *input, uint8_t *output,
                              int32_t blocks) {
    const rescaling r = rescaling_of(p);
    const uint32_t input_flip = nn_repeat_4(p->input_flip);
    const uint32_t output_flip = p->min == INT8_MIN ? 0 : 0x80808080u;
    const uint8_t *end = input + blocks * BLOCK;
    if (is_identity(&r)) {
        for (; input != end; input += BLOCK) {
            nn_store_4(output, nn_load_4(input) ^ input_flip ^ output_flip);
            output += BLOCK;
        }
    }
    for (; input != end; input += BLOCK) {
        uint32_t four = nn_load_4(input) ^ input_flip;
        uint32_t even = nn_widen_even(four);
        uint32_t odd = nn_widen_odd(four);
        four = nn_pack_4(rescaled(&r, nn_low(even)), rescaled(&r, nn_low(odd)),
                         rescaled(&r, nn_high(even)), rescaled(&r, nn_high(odd)));
        nn_store_4(output, four ^ output_flip);
        output += BLOCK;
    }
}

/* Whether a type's whole range is the output's, and no intermediate number is too large. */
static int32_t short_blocks(const nn_requantize_params *p, int32_t count) {
    bool is_whole = p->max - p->min == UINT8_MAX;
    return is_whole && p->shift <= MOST_LEFT ? (int32_t)((uint32_t)count / BLOCK) : 0;
}

void nn_requantize(const nn_requantize_params *params, const uint8_t *input, uint8_t *output,
                   int32_t count) {
    const nn_requantize_params p = *params;
    int32_t blocks = short_blocks(&p, count);
    requantize_blocks(&p, input, output, blocks);
    for (int32_t i = blocks * BLOCK; i < count; i++) {
        int32_t value = (int8_t)(input[i] ^ p.input_flip) + p.input_offset;
        value = nn_multiply(value, p.multiplier, p.shift);
        output[i] = (uint8_t)nn_clamp(nn_wrapping_add(value, p.output_offset), p.min, p.max);
    }
}
