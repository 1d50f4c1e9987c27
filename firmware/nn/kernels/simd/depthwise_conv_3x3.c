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

/* One row of the window, for four channels. */
typedef struct {
    uint32_t pairs[LANES];
    uint32_t even; /* the third weights of channels 0 and 2 */
    uint32_t odd;  /* of 1 and 3 */
} window_row;

/* Which neighbour of the window's middle column the image has not; where the assembly looks it up.
 */
typedef enum { NONE = 0, LEFT = 4, RIGHT = 8 } missing;

/* Positions beside each other that have the same columns of the window within the image. */
typedef struct {
    int32_t length;  /* bytes of the output; 0 behind the last */
    int32_t outside; /* a missing */
} stretch;

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
    int32_t input_step;   /* bytes from an element of the input or output to its neighbour's */
    int32_t input_row;    /* from a row of the input to the next */
    uint32_t offsets;     /* the input's, in each half */
    uint32_t padding;     /* four elements that count nothing */
    int32_t input_next;   /* from a window to the next */
    int32_t row_count;    /* rows of the window that lie within the image */
    stretch stretches[4]; /* of a row: one position, those inside, one position */
    int32_t addend;       /* twice the output's offset, plus 1 */
} job;

#ifdef __ARM_FEATURE_DSP

/* In assembly, because the loops take all 14 registers, and GCC 12 needs half as many instructions
 * more. These are the offsets that it has. */
_Static_assert(offsetof(job, rows) == 16 && sizeof(window_row) == 24 &&
                   offsetof(job, multipliers) == 88 && offsetof(job, is_clamped) == 136 &&
                   offsetof(job, input_step) == 148 && offsetof(job, padding) == 160 &&
                   offsetof(job, input_next) == 164 && offsetof(job, row_count) == 168 &&
                   offsetof(job, stretches) == 172 && sizeof(stretch) == 8 &&
                   offsetof(job, addend) == 204,
               "the assembly must be changed, too");

#define UNUSED __attribute__((unused))

/* Everything of four channels but the input; `filter`: their weights of the first row that lies
 * within the image. */
__attribute__((naked, noinline)) static void
load_channels(UNUSED job *j, UNUSED const int8_t *filter, UNUSED const int32_t *multipliers,
              UNUSED const int8_t *shifts, UNUSED const int32_t *bias) {
    __asm__ volatile("push {r4-r11, lr}\n\t"
                     "ldr r4, [sp, #36]\n\t"
                     "cbz r4, 1f\n\t"
                     "ldm r4, {r5-r8}\n\t"
                     "add r5, r5\n\t"
                     "add r6, r6\n\t"
                     "add r7, r7\n\t"
                     "add r8, r8\n\t"
                     "stm r0, {r5-r8}\n"
                     "1:\n\t"
                     "add r12, r0, #88\n\t"
                     "ldm r2, {r5-r8}\n\t"
                     "stm r12!, {r5-r8}\n\t"
                     "ldr r4, [r0, #204]\n\t"
                     "ldr r3, [r3]\n\t"
                     "sxtb r5, r3\n\t"
                     "sxtb r6, r3, ror #8\n\t"
                     "sxtb r7, r3, ror #16\n\t"
                     "sxtb r8, r3, ror #24\n\t"
                     "mvn r9, r5\n\t"
                     "mvn r10, r6\n\t"
                     "mvn r11, r7\n\t"
                     "mvn lr, r8\n\t"
                     "lsl r9, r4, r9\n\t"
                     "lsl r10, r4, r10\n\t"
                     "lsl r11, r4, r11\n\t"
                     "lsl lr, r4, lr\n\t"
                     "stm r12!, {r9-r11, lr}\n\t"
                     "rsb r5, r5, #0\n\t"
                     "rsb r6, r6, #0\n\t"
                     "rsb r7, r7, #0\n\t"
                     "rsb r8, r8, #0\n\t"
                     "stm r12, {r5-r8}\n\t"
                     "ldr r3, [r0, #148]\n\t"
                     "ldr r4, [r0, #168]\n\t"
                     "add r4, r4, r4, lsl #1\n\t"
                     "add r2, r0, #88\n\t"
                     "sub r0, r2, r4, lsl #3\n\t"
                     "add r12, r3, r3, lsl #1\n"
                     "2:\n\t"
                     "ldr r4, [r1]\n\t"
                     "ldr r5, [r1, r3]\n\t"
                     "ldr r6, [r1, r3, lsl #1]\n\t"
                     "add r1, r12\n\t"
                     "pkhbt r7, r4, r5, lsl #16\n\t"
                     "pkhtb r5, r5, r4, asr #16\n\t"
                     "sxtb16 r8, r7, ror #8\n\t"
                     "sxtb16 r7, r7\n\t"
                     "sxtb16 r9, r5\n\t"
                     "sxtb16 r10, r5, ror #8\n\t"
                     "sxtb16 r11, r6\n\t"
                     "sxtb16 lr, r6, ror #8\n\t"
                     "sadd16 r7, r7, r7\n\t"
                     "sadd16 r8, r8, r8\n\t"
                     "sadd16 r9, r9, r9\n\t"
                     "sadd16 r10, r10, r10\n\t"
                     "sadd16 r11, r11, r11\n\t"
                     "sadd16 lr, lr, lr\n\t"
                     "stm r0!, {r7-r11, lr}\n\t"
                     "cmp r0, r2\n\t"
                     "bne 2b\n\t"
                     "pop {r4-r11, pc}");
}

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

/* Goes on to the next row. */
#define NEXT "add r0, r2\n"

/* The stack holds, from its top: the next window's first column, the output, the distance to the
 * window after it, the output's end, where the loop enters the window's rows, the next stretch, and
 * the entries for as many rows. */
#define BEGIN                                                                                      \
    "push {r4-r11, lr}\n\t"                                                                        \
    "sub sp, #28\n\t"                                                                              \
    "mov r8, r0\n\t"                                                                               \
    "mov r0, r1\n\t"                                                                               \
    "mov r9, r2\n\t"                                                                               \
    "add r12, r8, #148\n\t"                                                                        \
    "ldm r12, {r1-r3}\n\t"                                                                         \
    "sub r0, r1\n\t"                                                                               \
    "ldrd r10, r11, [r8, #164]\n\t"                                                                \
    "str r10, [sp, #8]\n\t"                                                                        \
    "adr r12, 9f - 12\n\t"                                                                         \
    "add r11, r11, r11, lsl #1\n\t"                                                                \
    "add r12, r12, r11, lsl #2\n\t"                                                                \
    "add r11, r8, #172\n\t"                                                                        \
    "strd r11, r12, [sp, #20]\n"                                                                   \
    "5:\n\t"                                                                                       \
    "ldrd r12, lr, [sp, #20]\n\t"                                                                  \
    "ldrd r10, r11, [r12], #8\n\t"                                                                 \
    "cmp r10, #0\n\t"                                                                              \
    "beq 6f\n\t"                                                                                   \
    "str r12, [sp, #20]\n\t"                                                                       \
    "ldr r11, [lr, r11]\n\t"                                                                       \
    "add r10, r9\n\t"                                                                              \
    "strd r10, r11, [sp, #12]\n\t"                                                                 \
    "strd r0, r9, [sp]\n"                                                                          \
    "0:\n\t"                                                                                       \
    "ldm r8, {r4-r7}\n\t"                                                                          \
    "ldr pc, [sp, #16]\n"

/* Rescales the sums, stores them, and goes on to the next position. */
#define FINISH                                                                                     \
    "7:\n\t"                                                                                       \
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
    "b 5b\n"

/* A window's rows are entered where as many are left as lie within the image. */
#define END                                                                                        \
    "6:\n\t"                                                                                       \
    "add sp, #28\n\t"                                                                              \
    "pop {r4-r11, pc}\n\t"                                                                         \
    ".balign 4\n"                                                                                  \
    "9:\n\t"                                                                                       \
    ".word 13b + 1, 23b + 1, 33b + 1\n\t"                                                          \
    ".word 12b + 1, 22b + 1, 32b + 1\n\t"                                                          \
    ".word 11b + 1, 21b + 1, 31b + 1"

/* The rows of a window, with the labels where it is entered. */
#define ROWS(first, second, last, ADD_ROW)                                                         \
    first ":\n\t" ADD_ROW(16) NEXT second ":\n\t" ADD_ROW(40) NEXT last ":\n\t" ADD_ROW(64)

/* Four channels of one row of the output; `middle`: of the first window, in its first row within
 * the image. */
__attribute__((naked, noinline)) static void
convolve_channels(UNUSED const job *j, UNUSED const int8_t *middle, UNUSED int8_t *output) {
    __asm__ volatile(BEGIN                                      //
                         ROWS("11", "12", "13", ADD_ROW_INSIDE) //
                     FINISH                                     //
                         ROWS("21", "22", "23", ADD_ROW_LEFT)   //
                     "b 7b\n"                                   //
                     ROWS("31", "32", "33", ADD_ROW_RIGHT)      //
                     "b 7b\n"                                   //
                     END);
}

#else

static void load_row(window_row *row, const int8_t *filter, int32_t channels) {
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

/* As above. */
static void load_channels(job *j, const int8_t *filter, const int32_t *multipliers,
                          const int8_t *shifts, const int32_t *bias) {
    for (window_row *row = j->rows + SIDE - j->row_count; row != j->rows + SIDE; row++) {
        load_row(row, filter, j->input_step);
        filter += SIDE * j->input_step;
    }
    for (int32_t i = 0; i < LANES; i++) {
        j->multipliers[i] = multipliers[i];
        j->addends[i] = j->addend * (1 << (-shifts[i] - 1));
        j->rights[i] = -shifts[i];
        j->bias[i] = bias == NULL ? 0 : 2 * bias[i];
    }
}

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

/* Four channels at one position; `middle`: of the window's first row within the image. */
static void convolve_position(const job *j, const int8_t *middle, missing outside, int8_t *output) {
    int32_t sums[LANES] = {j->bias[0], j->bias[1], j->bias[2], j->bias[3]};
    for (int32_t i = 0; i < j->row_count; i++) {
        const window_row *row = &j->rows[SIDE - j->row_count + i];
        add_row(j, row, middle + i * j->input_row, outside, sums);
    }
    uint32_t four = nn_pack_4(rescaled(j, 0, sums[0]), rescaled(j, 1, sums[1]),
                              rescaled(j, 2, sums[2]), rescaled(j, 3, sums[3]));
    nn_store_4(output, nn_min_4(nn_max_4(four, j->min), j->max));
}

/* As above. */
static void convolve_channels(const job *j, const int8_t *middle, int8_t *output) {
    for (const stretch *s = j->stretches; s->length > 0; s++) {
        for (const int8_t *end = output + s->length; output != end; output += j->input_step) {
            convolve_position(j, middle, (missing)s->outside, output);
            middle += j->input_next;
        }
    }
}

#endif

static void add_stretch(job *j, int32_t positions, missing outside) {
    stretch *s = j->stretches;
    while (s->length > 0) {
        s++;
    }
    *s = (stretch){.length = positions * j->input_step, .outside = (int32_t)outside};
}

static void add_stretches(job *j, const nn_axis *x) {
    int32_t left = x->padding;
    int32_t right = (x->output - 1) * x->stride - left + SIDE - x->input;
    right = right > 0 ? right : 0;
    add_stretch(j, left, LEFT);
    add_stretch(j, x->output - left - right, NONE);
    add_stretch(j, right, RIGHT);
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
        if (conv->are_short || nn_are_short(conv, channel, channel + LANES)) {
            load_channels(j, filter + channel, conv->multipliers + channel, conv->shifts + channel,
                          conv->bias == NULL ? NULL : conv->bias + channel);
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
    const int32_t channels = p->output_channels;
    job j = {
        .is_clamped = p->min != INT8_MIN || p->max != INT8_MAX,
        .min = nn_repeat_4(p->min),
        .max = nn_repeat_4(p->max),
        .input_step = channels,
        .input_row = p->x.input * channels,
        .offsets = nn_lanes(p->input_offset, p->input_offset),
        .padding = nn_repeat_4(-p->input_offset),
        .input_next = p->x.stride * channels,
        .addend = 2 * p->output_offset + 1,
    };
    add_stretches(&j, &p->x);
    for (int32_t batch = 0; batch < p->batches; batch++) {
        for (int32_t y = 0; y < p->y.output; y++) {
            convolve_row(&j, conv, input, y, output);
            output += p->x.output * j.input_step;
        }
        input += p->y.input * j.input_row;
    }
}
