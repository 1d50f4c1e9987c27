/* Depthwise convolution with a window of 3x3, four channels at once, a row of the output at a time.
 *
 * For each row and four channels, the weights are widened to int16 once and kept in pairs: of a
 * row of the window, the first two of each channel are one word, the third ones of two channels
 * another. The input is put together in the same way: of two neighbours, 0 to 3 and 0' to 3', the
 * halves become the words 0 1 0' 1' and 2 3 2' 3', and those widen to the pairs 0 0', 1 1', 2 2'
 * and 3 3'. The rescaling, too, is worked out once.
 *
 * The weights are doubled, and so is the bias, because rescaling begins with the doubled sum. */
#include "kernels/simd/depthwise_conv.h"

#include <stddef.h>

#include "kernels/dsp.h"

enum { LANES = 4, SIDE = 3 };

/* The sum of nine products has 20 bits; with a bias of this size, the doubled sum has less than 31,
 * and its product with the multiplier is below 2^29 in size. */
enum { MOST_BIAS = 1 << 28 };

/* Bits to shift right at most, so that the output's offset can be added before the shift. */
enum { MOST_RIGHT = 23 };

/* One row of the window, for four channels. */
typedef struct {
    uint32_t pairs[LANES];
    uint32_t even; /* the third weights of channels 0 and 2 */
    uint32_t odd;  /* of 1 and 3 */
} window_row;

/* A call under way, and four channels of one row of its output. */
typedef struct {
    int32_t bias[LANES];
    window_row rows[SIDE]; /* those that lie within the image, at the end */
    int32_t multipliers[LANES];
    int32_t addends[LANES]; /* half of the last bit that stays, and the output's offset */
    int32_t rights[LANES];  /* bits to shift right */
    uint32_t is_clamped;    /* whether the output's range is less than that of int8 */
    uint32_t min;           /* of the output, four times */
    uint32_t max;
    int32_t input_step; /* bytes from an element of the input or output to its neighbour's */
    int32_t input_row;  /* from a row of the input to the next */
    uint32_t offsets;   /* the input's, in each half */
    uint32_t padding;   /* four elements that count nothing */
    int32_t input_next; /* from a window to the next */
    int32_t row_count;
    bool are_short; /* whether are_short() holds for all channels */
    int32_t addend; /* twice the output's offset, plus 1 */
    int32_t inside; /* bytes of the output from windows whose columns all lie within the image */
    int32_t inside_input; /* of the input to the window behind these */
    bool is_left;         /* whether there is one before these whose first column does not */
    bool is_right;        /* and one behind them whose third column does not */
} job;

#ifdef __ARM_FEATURE_DSP

/* The offsets that the assembly has. */
_Static_assert(offsetof(job, rows) == 16 && sizeof(window_row) == 24 &&
                   offsetof(job, multipliers) == 88 && offsetof(job, is_clamped) == 136 &&
                   offsetof(job, input_step) == 148 && offsetof(job, padding) == 160 &&
                   offsetof(job, input_next) == 164,
               "the assembly must be changed, too");

/* One row of the window; r0: its first column; r1: input_step; r3: offsets; r4 to r7: the sums;
 * r8: the job, where the row is at `at`. */
#define LOAD_FIRST(at) "ldr r9, [r0]\n\t"
#define PAD_FIRST(at) "ldr r9, [r8, #160]\n\t"
#define ADD_PAIRS(at)                                                                              \
    "ldr r10, [r0, r1]\n\t"                                                                        \
    "pkhbt r11, r9, r10, lsl #16\n\t"                                                              \
    "pkhtb r10, r10, r9, asr #16\n\t"                                                              \
    "ldrd r12, lr, [r8, #" #at "]\n\t"                                                             \
    "sxtab16 r9, r3, r11\n\t"                                                                      \
    "sxtab16 r11, r3, r11, ror #8\n\t"                                                             \
    "smlad r4, r9, r12, r4\n\t"                                                                    \
    "smlad r5, r11, lr, r5\n\t"                                                                    \
    "ldrd r12, lr, [r8, #" #at " + 8]\n\t"                                                         \
    "sxtab16 r9, r3, r10\n\t"                                                                      \
    "sxtab16 r11, r3, r10, ror #8\n\t"                                                             \
    "smlad r6, r9, r12, r6\n\t"                                                                    \
    "smlad r7, r11, lr, r7\n\t"
#define ADD_THIRD(at)                                                                              \
    "ldr r10, [r0, r1, lsl #1]\n\t"                                                                \
    "ldrd r12, lr, [r8, #" #at " + 16]\n\t"                                                        \
    "sxtab16 r9, r3, r10\n\t"                                                                      \
    "sxtab16 r11, r3, r10, ror #8\n\t"                                                             \
    "smlabb r4, r9, r12, r4\n\t"                                                                   \
    "smlabb r5, r11, lr, r5\n\t"                                                                   \
    "smlatt r6, r9, r12, r6\n\t"                                                                   \
    "smlatt r7, r11, lr, r7\n\t"
#define ADD_ROW_INSIDE(at) LOAD_FIRST(at) ADD_PAIRS(at) ADD_THIRD(at)
#define ADD_ROW_LEFT(at) PAD_FIRST(at) ADD_PAIRS(at) ADD_THIRD(at)
#define ADD_ROW_RIGHT(at) LOAD_FIRST(at) ADD_PAIRS(at)

/* Arguments: the job; the middle of the first window's first row; the output; its end. The stack
 * holds, from its top: the first window's first column, the output, the distance to the next
 * window, the output's end, and where the loop enters the window's rows. */
#define BEGIN                                                                                      \
    "push {r4-r11, lr}\n\t"                                                                        \
    "sub sp, #20\n\t"                                                                              \
    "mov r8, r0\n\t"                                                                               \
    "ldrd r12, lr, [r8, #164]\n\t"                                                                 \
    "str r2, [sp, #4]\n\t"                                                                         \
    "strd r12, r3, [sp, #8]\n\t"                                                                   \
    "adr r9, 3f\n\t"                                                                               \
    "cmp lr, #2\n\t"                                                                               \
    "it eq\n\t"                                                                                    \
    "adreq r9, 2f\n\t"                                                                             \
    "it hi\n\t"                                                                                    \
    "adrhi r9, 1f\n\t"                                                                             \
    "orr r9, #1\n\t"                                                                               \
    "str r9, [sp, #16]\n\t"                                                                        \
    "add r12, r8, #148\n\t"                                                                        \
    "mov r0, r1\n\t"                                                                               \
    "ldm r12, {r1-r3}\n\t"                                                                         \
    "sub r0, r1\n\t"                                                                               \
    "str r0, [sp]\n"                                                                               \
    "0:\n\t"                                                                                       \
    "ldm r8, {r4-r7}\n\t"                                                                          \
    "ldr pc, [sp, #16]\n"                                                                          \
    "1:\n\t"

#define SECOND "add r0, r2\n2:\n\t"
#define THIRD "add r0, r2\n3:\n\t"

/* Rescales the sums, stores them, and goes on to the next position. */
#define END                                                                                        \
    "add r12, r8, #88\n\t"                                                                         \
    "ldm r12!, {r9-r11, lr}\n\t"                                                                   \
    "smmulr r4, r4, r9\n\t"                                                                        \
    "smmulr r5, r5, r10\n\t"                                                                       \
    "smmulr r6, r6, r11\n\t"                                                                       \
    "smmulr r7, r7, lr\n\t"                                                                        \
    "ldm r12!, {r9-r11, lr}\n\t"                                                                   \
    "add r4, r4, r4, asr #31\n\t"                                                                  \
    "add r5, r5, r5, asr #31\n\t"                                                                  \
    "add r6, r6, r6, asr #31\n\t"                                                                  \
    "add r7, r7, r7, asr #31\n\t"                                                                  \
    "add r4, r9\n\t"                                                                               \
    "add r5, r10\n\t"                                                                              \
    "add r6, r11\n\t"                                                                              \
    "add r7, lr\n\t"                                                                               \
    "ldm r12!, {r9-r11, lr}\n\t"                                                                   \
    "asr r4, r9\n\t"                                                                               \
    "asr r5, r10\n\t"                                                                              \
    "asr r6, r11\n\t"                                                                              \
    "asr r7, lr\n\t"                                                                               \
    "ssat r4, #8, r4\n\t"                                                                          \
    "ssat r5, #8, r5\n\t"                                                                          \
    "ssat r6, #8, r6\n\t"                                                                          \
    "ssat r7, #8, r7\n\t"                                                                          \
    "bfi r4, r5, #8, #8\n\t"                                                                       \
    "bfi r6, r7, #8, #8\n\t"                                                                       \
    "pkhbt r4, r4, r6, lsl #16\n\t"                                                                \
    "ldr r7, [r12]\n\t"                                                                            \
    "cbz r7, 4f\n\t"                                                                               \
    "ldrd r9, r10, [r12, #4]\n\t"                                                                  \
    "ssub8 r11, r4, r9\n\t"                                                                        \
    "sel r4, r4, r9\n\t"                                                                           \
    "ssub8 r11, r4, r10\n\t"                                                                       \
    "sel r4, r10, r4\n"                                                                            \
    "4:\n\t"                                                                                       \
    "ldm sp, {r0, r9-r11}\n\t"                                                                     \
    "str r4, [r9]\n\t"                                                                             \
    "add r0, r10\n\t"                                                                              \
    "add r9, r1\n\t"                                                                               \
    "strd r0, r9, [sp]\n\t"                                                                        \
    "cmp r9, r11\n\t"                                                                              \
    "bne 0b\n\t"                                                                                   \
    "add sp, #20\n\t"                                                                              \
    "pop {r4-r11, pc}"

/* Assembly, because the loops take all 14 registers, and GCC 12 needs half as many instructions
 * more. */
#define DEFINE(name, ADD_ROW)                                                                      \
    __attribute__((naked, noinline)) static void name(                                             \
        const job *j __attribute__((unused)), const int8_t *middle __attribute__((unused)),        \
        int8_t *output __attribute__((unused)), const int8_t *end __attribute__((unused))) {       \
        __asm__ volatile(BEGIN ADD_ROW(16) SECOND ADD_ROW(40) THIRD ADD_ROW(64) END);              \
    }

DEFINE(convolve_inside, ADD_ROW_INSIDE)
DEFINE(convolve_left, ADD_ROW_LEFT)
DEFINE(convolve_right, ADD_ROW_RIGHT)

#else

/* Which neighbour of the window's middle column the image has not. */
typedef enum { NONE, LEFT, RIGHT } missing;

static void add_row(const job *j, const window_row *row, const int8_t *middle, missing outside,
                    int32_t sums[LANES]) {
    const uint32_t offsets = j->offsets;
    uint32_t a = outside == LEFT ? j->padding : nn_load_4(middle - j->input_step);
    uint32_t b = nn_load_4(middle);
    uint32_t c = outside == RIGHT ? j->padding : nn_load_4(middle + j->input_step);
    uint32_t low = nn_low_halves(a, b);
    uint32_t high = nn_high_halves(a, b);
    uint32_t even = nn_widen_even_add(offsets, c);
    uint32_t odd = nn_widen_odd_add(offsets, c);
    sums[0] = nn_dot_2(nn_widen_even_add(offsets, low), row->pairs[0], sums[0]);
    sums[1] = nn_dot_2(nn_widen_odd_add(offsets, low), row->pairs[1], sums[1]);
    sums[2] = nn_dot_2(nn_widen_even_add(offsets, high), row->pairs[2], sums[2]);
    sums[3] = nn_dot_2(nn_widen_odd_add(offsets, high), row->pairs[3], sums[3]);
    sums[0] = nn_add_product_low(even, row->even, sums[0]);
    sums[1] = nn_add_product_low(odd, row->odd, sums[1]);
    sums[2] = nn_add_product_high(even, row->even, sums[2]);
    sums[3] = nn_add_product_high(odd, row->odd, sums[3]);
}

static int32_t rescaled(const job *j, int32_t lane, int32_t doubled) {
    int32_t product = nn_high_product(doubled, j->multipliers[lane]);
    return nn_saturate_s8((product + (product >> 31) + j->addends[lane]) >> j->rights[lane]);
}

/* Some output positions; `middle`: of the first window, in its first row within the image. */
static void convolve(const job *j, const int8_t *middle, int8_t *output, const int8_t *end,
                     missing outside) {
    for (; output != end; output += j->input_step) {
        int32_t sums[LANES] = {j->bias[0], j->bias[1], j->bias[2], j->bias[3]};
        for (int32_t i = 0; i < j->row_count; i++) {
            const window_row *row = &j->rows[SIDE - j->row_count + i];
            add_row(j, row, middle + i * j->input_row, outside, sums);
        }
        uint32_t four = nn_pack_4(rescaled(j, 0, sums[0]), rescaled(j, 1, sums[1]),
                                  rescaled(j, 2, sums[2]), rescaled(j, 3, sums[3]));
        nn_store_4(output, nn_min_4(nn_max_4(four, j->min), j->max));
        middle += j->input_next;
    }
}

static void convolve_inside(const job *j, const int8_t *middle, int8_t *output, const int8_t *end) {
    convolve(j, middle, output, end, NONE);
}

static void convolve_left(const job *j, const int8_t *middle, int8_t *output, const int8_t *end) {
    convolve(j, middle, output, end, LEFT);
}

static void convolve_right(const job *j, const int8_t *middle, int8_t *output, const int8_t *end) {
    convolve(j, middle, output, end, RIGHT);
}

#endif

/* Four channels of one row; `middle`: of the first window, in its first row within the image. */
static void convolve_channels(const job *j, const int8_t *middle, int8_t *output) {
    if (j->is_left) {
        convolve_left(j, middle, output, output + j->input_step);
        middle += j->input_next;
        output += j->input_step;
    }
    if (j->inside > 0) {
        convolve_inside(j, middle, output, output + j->inside);
        middle += j->inside_input;
        output += j->inside;
    }
    if (j->is_right) {
        convolve_right(j, middle, output, output + j->input_step);
    }
}

static inline void load_row(window_row *row, const int8_t *filter, int32_t channels) {
    uint32_t a = nn_load_4(filter);
    uint32_t b = nn_load_4(filter + channels);
    uint32_t c = nn_load_4(filter + 2 * channels);
    uint32_t low = nn_low_halves(a, b);
    uint32_t high = nn_high_halves(a, b);
    row->pairs[0] = nn_doubled_lanes(nn_widen_even(low));
    row->pairs[1] = nn_doubled_lanes(nn_widen_odd(low));
    row->pairs[2] = nn_doubled_lanes(nn_widen_even(high));
    row->pairs[3] = nn_doubled_lanes(nn_widen_odd(high));
    row->even = nn_doubled_lanes(nn_widen_even(c));
    row->odd = nn_doubled_lanes(nn_widen_odd(c));
}

/* `filter`: the weights of the first row that lies within the image. */
static inline void load_weights(job *j, const int8_t *filter) {
    const int32_t channels = j->input_step;
    for (window_row *row = j->rows + SIDE - j->row_count; row != j->rows + SIDE; row++) {
        load_row(row, filter, channels);
        filter += SIDE * channels;
    }
}

static inline void load_lane(job *j, const nn_depthwise_conv *conv, int32_t channel, int32_t lane) {
    int32_t shift = conv->shifts[channel + lane];
    j->multipliers[lane] = conv->multipliers[channel + lane];
    j->addends[lane] = j->addend * (1 << (-shift - 1));
    j->rights[lane] = -shift;
    j->bias[lane] = conv->bias == NULL ? 0 : 2 * conv->bias[channel + lane];
}

/* Everything of four channels but the input. `filter`: as for load_weights(), of channel 0. */
__attribute__((noinline)) static void load_channels(job *j, const nn_depthwise_conv *conv,
                                                    const int8_t *filter, int32_t channel) {
    load_weights(j, filter + channel);
    load_lane(j, conv, channel, 0);
    load_lane(j, conv, channel, 1);
    load_lane(j, conv, channel, 2);
    load_lane(j, conv, channel, 3);
}

/* Whether the rescaling of some channels overflows nowhere. */
static bool are_short(const nn_depthwise_conv *conv, int32_t first, int32_t end) {
    for (int32_t i = first; i < end; i++) {
        int32_t bias = conv->bias == NULL ? 0 : conv->bias[i];
        int32_t right = -conv->shifts[i];
        if (right < 1 || right > MOST_RIGHT || bias > MOST_BIAS || bias < -MOST_BIAS) {
            return false;
        }
    }
    return true;
}

static job job_of(const nn_depthwise_conv *conv) {
    const nn_conv_params *p = conv->params;
    const int32_t channels = p->output_channels;
    bool is_right = (p->x.output - 1) * p->x.stride - p->x.padding + SIDE > p->x.input;
    int32_t inside = p->x.output - p->x.padding - (is_right ? 1 : 0);
    return (job){
        .is_clamped = p->min != INT8_MIN || p->max != INT8_MAX,
        .min = nn_repeat_4(p->min),
        .max = nn_repeat_4(p->max),
        .input_step = channels,
        .input_row = p->x.input * channels,
        .offsets = nn_lanes(p->input_offset, p->input_offset),
        .padding = nn_repeat_4(-p->input_offset),
        .input_next = p->x.stride * channels,
        .are_short = are_short(conv, 0, channels),
        .addend = 2 * p->output_offset + 1,
        .inside = inside * channels,
        .inside_input = inside * p->x.stride * channels,
        .is_left = p->x.padding > 0,
        .is_right = is_right,
    };
}

/* One row of the output. */
static void convolve_row(job *j, const nn_depthwise_conv *conv, const int8_t *input, int32_t y,
                         int8_t *output) {
    const nn_conv_params *p = conv->params;
    const nn_span span = nn_span_at(&p->y, y);
    const int8_t *filter = conv->filter + span.begin * SIDE * j->input_step;
    const int8_t *middle =
        input + (span.origin + span.begin) * j->input_row + (1 - p->x.padding) * j->input_step;
    j->row_count = span.end - span.begin;
    for (int32_t channel = 0; channel < j->input_step; channel += LANES) {
        /* The last four begin earlier where they would be less than four. */
        int32_t most = j->input_step - LANES;
        channel = channel > most ? most : channel;
        if (j->are_short || are_short(conv, channel, channel + LANES)) {
            load_channels(j, conv, filter, channel);
            convolve_channels(j, middle + channel, output + channel);
        } else {
            nn_depthwise_conv_row(conv, input, y, channel, channel + LANES, output);
        }
    }
}

static bool fits(const nn_axis *axis) {
    return axis->filter == SIDE && axis->dilation == 1;
}

bool nn_is_depthwise_conv_3x3(const nn_conv_params *params) {
    const nn_conv_params *p = params;
    return fits(&p->y) && fits(&p->x) && p->x.input > 1 && p->group_outputs == 1 &&
           p->output_channels >= LANES;
}

void nn_depthwise_conv_3x3(const nn_depthwise_conv *conv, const int8_t *input, int8_t *output) {
    const nn_conv_params *p = conv->params;
    job j = job_of(conv);
    for (int32_t batch = 0; batch < p->batches; batch++) {
        for (int32_t y = 0; y < p->y.output; y++) {
            convolve_row(&j, conv, input, y, output);
            output += p->x.output * j.input_step;
        }
        input += p->y.input * j.input_row;
    }
}
