/* Convolution with SIMD: two products an instruction.
 *
 * The windows of several output positions (lanes) are gathered into scratch memory as columns,
 * widened to int16, with the input's offset added and zeros for the padding. Then each output
 * channel's filter is walked along once for all lanes. Weights are read from the model as they are
 * and widened in registers: four of them, 0 to 3, become the pairs (0, 2) and (1, 3), and a column
 * holds its elements in the same order. For each such group of four, scratch holds the first pair
 * of every lane, then the second pair of every lane.
 *
 * A window whose size is no multiple of four ends in a group that is filled up with zeros. The
 * weights there are those of the next channel and count nothing; the last channel's are copied, as
 * nothing may be read after them. */
#include "kernels/conv.h"

#include <stdbool.h>
#include <stddef.h>

#include "fixed_point.h"
#include "kernels/dsp.h"
#include "kernels/simd/rescale.h"

/* A call under way. The assembly knows where all up to `addend` lies. */
typedef struct {
    uint32_t *columns;
    const int8_t *filter;
    int32_t groups; /* groups of four elements of a window */
    int32_t window; /* elements of one */
    const int32_t *bias;
    const int32_t *multipliers;
    const int8_t *shifts;
    int32_t stride; /* from a position of the output to the next */
    int32_t addend; /* twice the output's offset, plus 1 */
    const nn_conv_params *p;
    int8_t *bytes;    /* room for one window, where that has to be put together first */
    uint32_t offsets; /* the input's offset in each half */
    bool is_gathered; /* whether windows are put together as bytes */
    bool is_point;    /* whether a window is one element of the image, in whole groups */
    bool is_short;    /* whether the output's range is that of int8, and there is a bias */
} job;

/* Where the next elements of a column go. */
typedef struct {
    uint32_t *words;
    int8_t *bytes;
    int32_t lanes;
} cursor;

__attribute__((noinline)) static uint32_t *widen(const job *j, const int8_t *from, int32_t groups,
                                                 int32_t lanes, uint32_t *to) {
    const uint32_t offsets = j->offsets;
    for (const int8_t *end = from + 4 * groups; from != end; from += 4) {
        uint32_t four = nn_load_4(from);
        to[0] = nn_widen_even_add(offsets, four);
        to[lanes] = nn_widen_odd_add(offsets, four);
        to += 2 * lanes;
    }
    return to;
}

__attribute__((noinline)) static void append(const job *j, cursor *c, const int8_t *from,
                                             int32_t count) {
    if (j->is_gathered) {
        memcpy(c->bytes, from, (size_t)count);
        c->bytes += count;
    } else {
        c->words = widen(j, from, count / 4, c->lanes, c->words);
    }
}

static void append_padding(const job *j, cursor *c, int32_t count) {
    if (j->is_gathered) {
        memset(c->bytes, -j->p->input_offset, (size_t)count);
        c->bytes += count;
        return;
    }
    for (int32_t i = 0; i < count / 4; i++) {
        c->words[0] = 0;
        c->words[c->lanes] = 0;
        c->words += 2 * c->lanes;
    }
}

/* One row of the window. */
static void append_row(const job *j, cursor *c, const int8_t *row, nn_span x) {
    const nn_conv_params *p = j->p;
    int32_t channels = p->group_channels;
    bool is_dense = p->x.dilation == 1 && channels == p->input_channels;
    int32_t points = is_dense ? x.end - x.begin : 1;
    if (x.begin > 0) {
        append_padding(j, c, x.begin * channels);
    }
    for (int32_t fx = x.begin; fx < x.end; fx += points) {
        const int8_t *from = row + (x.origin + fx * p->x.dilation) * p->input_channels;
        append(j, c, from, points * channels);
    }
    if (x.end < p->x.filter) {
        append_padding(j, c, (p->x.filter - x.end) * channels);
    }
}

/* The window at one output position, as one lane of the columns. */
static void fill_lane(const job *j, const int8_t *input, nn_span y, nn_span x, int32_t lane,
                      int32_t lanes) {
    const nn_conv_params *p = j->p;
    int32_t row_size = p->x.filter * p->group_channels;
    cursor c = {.words = j->columns + lane, .bytes = j->bytes, .lanes = lanes};
    bool is_empty = y.begin >= y.end || x.begin >= x.end;
    append_padding(j, &c, is_empty ? j->window : y.begin * row_size);
    for (int32_t fy = y.begin; !is_empty && fy < y.end; fy++) {
        int32_t row = y.origin + fy * p->y.dilation;
        append_row(j, &c, input + row * p->x.input * p->input_channels, x);
    }
    append_padding(j, &c, is_empty ? 0 : (p->y.filter - y.end) * row_size);
    if (j->is_gathered) {
        append_padding(j, &c, 4 * j->groups - j->window);
        widen(j, j->bytes, j->groups, lanes, j->columns + lane);
    }
}

/* Adds up `groups` groups of a filter for many lanes. */
#ifdef __ARM_FEATURE_DSP

/* One group: r0 points to the columns, r1 to the filter, r5 to r10 are the sums. */
#define DOT_MANY_GROUP                                                                             \
    "ldr r3, [r1], #4\n\t"                                                                         \
    "sxtb16 r4, r3\n\t"                                                                            \
    "ldm r0!, {r11, r12, lr}\n\t"                                                                  \
    "smlad r5, r4, r11, r5\n\t"                                                                    \
    "smlad r6, r4, r12, r6\n\t"                                                                    \
    "smlad r7, r4, lr, r7\n\t"                                                                     \
    "ldm r0!, {r11, r12, lr}\n\t"                                                                  \
    "smlad r8, r4, r11, r8\n\t"                                                                    \
    "smlad r9, r4, r12, r9\n\t"                                                                    \
    "smlad r10, r4, lr, r10\n\t"                                                                   \
    "sxtb16 r4, r3, ror #8\n\t"                                                                    \
    "ldm r0!, {r11, r12, lr}\n\t"                                                                  \
    "smlad r5, r4, r11, r5\n\t"                                                                    \
    "smlad r6, r4, r12, r6\n\t"                                                                    \
    "smlad r7, r4, lr, r7\n\t"                                                                     \
    "ldm r0!, {r11, r12, lr}\n\t"                                                                  \
    "smlad r8, r4, r11, r8\n\t"                                                                    \
    "smlad r9, r4, r12, r9\n\t"                                                                    \
    "smlad r10, r4, lr, r10\n\t"

/* Adds r2 groups to the sums; changes r0 to r4, r11, r12. In assembly, because the loop takes all
 * 14 registers, and GCC 12 spills some of them. Two groups a turn; an odd number of them is entered
 * in the middle. */
__attribute__((naked, noinline, used)) static void dot_in_registers(void) {
    __asm__ volatile("push {lr}\n\t"
                     "tst r2, #1\n\t"
                     "add r2, r1, r2, lsl #2\n\t"
                     "bne 2f\n"
                     "1:\n\t" DOT_MANY_GROUP "2:\n\t" DOT_MANY_GROUP "cmp r1, r2\n\t"
                     "bne 1b\n\t"
                     "pop {pc}");
}

__attribute__((naked, noinline)) static void
dot_many(const uint32_t *columns __attribute__((unused)),
         const int8_t *filter __attribute__((unused)), int32_t groups __attribute__((unused)),
         int32_t sums[NN_CONV_MANY] __attribute__((unused))) {
    __asm__ volatile("push {r3-r11, lr}\n\t"
                     "ldm r3, {r5-r10}\n\t"
                     "bl dot_in_registers\n\t"
                     "ldr r3, [sp]\n\t"
                     "stm r3, {r5-r10}\n\t"
                     "pop {r3-r11, pc}");
}

_Static_assert(NN_CONV_MANY == 6 && offsetof(job, multipliers) == 20 &&
                   offsetof(job, stride) == 28 && offsetof(job, p) == 36,
               "the assembly must be changed, too");

#define UNUSED __attribute__((unused))

/* Output channels from `first` up to `end`, at least one, at many positions, where nn_is_short().
 */
__attribute__((naked, noinline)) static void convolve_many(UNUSED const job *j,
                                                           UNUSED int32_t first, UNUSED int32_t end,
                                                           UNUSED int8_t *output) {
    __asm__ volatile("push {r0-r11, lr}\n"
                     "1:\n\t"
                     "ldrd r0, r11, [sp]\n\t"
                     "ldm r0, {r0-r4}\n\t"
                     "ldr r5, [r4, r11, lsl #2]\n\t"
                     "mla r1, r11, r3, r1\n\t"
                     "mov r6, r5\n\t"
                     "mov r7, r5\n\t"
                     "mov r8, r5\n\t"
                     "mov r9, r5\n\t"
                     "mov r10, r5\n\t"
                     "bl dot_in_registers\n\t"
                     "ldrd r12, r11, [sp]\n\t"
                     "add r0, r12, #20\n\t"
                     "ldm r0, {r0, r1, r3, r4}\n\t"
                     "ldr r2, [sp, #12]\n\t"
                     "ldr r0, [r0, r11, lsl #2]\n\t"
                     "ldrsb r1, [r1, r11]\n\t"
                     "add r2, r11\n\t"
                     "add r11, #1\n\t"
                     "str r11, [sp, #4]\n\t"
                     "mvn lr, r1\n\t"
                     "rsb r1, r1, #0\n\t"
                     "lsl r4, r4, lr\n\t"
                     "add r5, r5\n\t"
                     "add r6, r6\n\t"
                     "add r7, r7\n\t"
                     "add r8, r8\n\t"
                     "add r9, r9\n\t"
                     "add r10, r10\n\t"
                     "smmulr r5, r5, r0\n\t"
                     "smmulr r6, r6, r0\n\t"
                     "smmulr r7, r7, r0\n\t"
                     "smmulr r8, r8, r0\n\t"
                     "smmulr r9, r9, r0\n\t"
                     "smmulr r10, r10, r0\n\t"
                     "add r5, r5, r5, asr #31\n\t"
                     "add r6, r6, r6, asr #31\n\t"
                     "add r7, r7, r7, asr #31\n\t"
                     "add r8, r8, r8, asr #31\n\t"
                     "add r9, r9, r9, asr #31\n\t"
                     "add r10, r10, r10, asr #31\n\t"
                     "add r5, r4\n\t"
                     "add r6, r4\n\t"
                     "add r7, r4\n\t"
                     "add r8, r4\n\t"
                     "add r9, r4\n\t"
                     "add r10, r4\n\t"
                     "asrs r5, r1\n\t"
                     "asrs r6, r1\n\t"
                     "asrs r7, r1\n\t"
                     "asr r8, r1\n\t"
                     "asr r9, r1\n\t"
                     "asr r10, r1\n\t"
                     "ssat r5, #8, r5\n\t"
                     "ssat r6, #8, r6\n\t"
                     "ssat r7, #8, r7\n\t"
                     "ssat r8, #8, r8\n\t"
                     "ssat r9, #8, r9\n\t"
                     "ssat r10, #8, r10\n\t"
                     "strb r5, [r2]\n\t"
                     "strb r6, [r2, r3]\n\t"
                     "strb r7, [r2, r3, lsl #1]\n\t"
                     "add r0, r3, r3, lsl #1\n\t"
                     "add r2, r0\n\t"
                     "strb r8, [r2]\n\t"
                     "strb r9, [r2, r3]\n\t"
                     "strb r10, [r2, r3, lsl #1]\n\t"
                     "ldr r1, [sp, #8]\n\t"
                     "cmp r11, r1\n\t"
                     "bne 1b\n\t"
                     "pop {r0-r11, pc}");
}

#else

static void dot_many(const uint32_t *columns, const int8_t *filter, int32_t groups,
                     int32_t sums[NN_CONV_MANY]) {
    for (int32_t i = 0; i < groups; i++) {
        uint32_t four = nn_load_4(filter + 4 * i);
        for (int32_t lane = 0; lane < NN_CONV_MANY; lane++) {
            sums[lane] = nn_dot_2(nn_widen_even(four), columns[lane], sums[lane]);
            sums[lane] = nn_dot_2(nn_widen_odd(four), columns[NN_CONV_MANY + lane], sums[lane]);
        }
        columns += 2 * NN_CONV_MANY;
    }
}

static void convolve_many(const job *j, int32_t first, int32_t end, int8_t *output) {
    for (int32_t channel = first; channel < end; channel++) {
        int32_t sums[NN_CONV_MANY];
        for (int32_t lane = 0; lane < NN_CONV_MANY; lane++) {
            sums[lane] = j->bias[channel];
        }
        dot_many(j->columns, j->filter + channel * j->window, j->groups, sums);
        for (int32_t lane = 0; lane < NN_CONV_MANY; lane++) {
            int32_t product = nn_high_product(2 * sums[lane], j->multipliers[channel]);
            product += (product >> 31) + j->addend * (1 << (-j->shifts[channel] - 1));
            output[lane * j->stride + channel] =
                (int8_t)nn_saturate_s8(product >> -j->shifts[channel]);
        }
    }
}

#endif

/* The same for few lanes. */
__attribute__((noinline)) static void dot_few(const uint32_t *columns, const int8_t *filter,
                                              int32_t groups, int32_t sums[NN_CONV_FEW]) {
    int32_t sum_0 = sums[0];
    int32_t sum_1 = sums[1];
    for (const int8_t *end = filter + 4 * groups; filter != end; filter += 4) {
        uint32_t four = nn_load_4(filter);
        uint32_t even = nn_widen_even(four);
        uint32_t odd = nn_widen_odd(four);
        sum_0 = nn_dot_2(even, columns[0], sum_0);
        sum_1 = nn_dot_2(even, columns[1], sum_1);
        sum_0 = nn_dot_2(odd, columns[2], sum_0);
        sum_1 = nn_dot_2(odd, columns[3], sum_1);
        columns += 2 * NN_CONV_FEW;
    }
    sums[0] = sum_0;
    sums[1] = sum_1;
}

__attribute__((noinline)) static void dot(const uint32_t *columns, const int8_t *filter,
                                          int32_t groups, int32_t lanes,
                                          int32_t sums[NN_CONV_MANY]) {
    if (groups == 0) {
        return;
    }
    if (lanes == NN_CONV_MANY) {
        dot_many(columns, filter, groups, sums);
    } else {
        dot_few(columns, filter, groups, sums);
    }
}

/* Adds up the whole window of one output channel. */
__attribute__((noinline)) static void accumulate(const job *j, int32_t channel, int32_t lanes,
                                                 int32_t sums[NN_CONV_MANY]) {
    const int8_t *filter = j->filter + channel * j->window;
    int32_t tail = channel + 1 == j->p->output_channels ? j->window % 4 : 0;
    int32_t groups = tail > 0 ? j->groups - 1 : j->groups;
    dot(j->columns, filter, groups, lanes, sums);
    if (tail > 0) {
        int8_t last[4] = {0};
        memcpy(last, filter + 4 * groups, (size_t)tail);
        dot(j->columns + groups * 2 * lanes, last, 1, lanes, sums);
    }
}

/* One output channel of `count` positions. Not inlined, so that its loop keeps all it needs in
 * registers. */
__attribute__((noinline)) static void
finish_channel(const job *j, int32_t channel, const int32_t *sums, int32_t count, int8_t *output) {
    const nn_rescaling rescaling = nn_rescaling_of(j->multipliers[channel], j->shifts[channel]);
    const int32_t offset = j->p->output_offset;
    const int32_t stride = j->p->output_channels;
    const int32_t min = j->p->min;
    const int32_t max = j->p->max;
    for (const int32_t *end = sums + count; sums != end; output += stride) {
        int32_t value = nn_rescale(&rescaling, *sums++);
        *output = (int8_t)nn_clamp(nn_wrapping_add(value, offset), min, max);
    }
}

static void convolve_channel(const job *j, int32_t channel, int32_t lanes, int32_t count,
                             int8_t *output) {
    int32_t bias = j->bias == NULL ? 0 : j->bias[channel];
    int32_t sums[NN_CONV_MANY] = {bias, bias, bias, bias, bias, bias};
    accumulate(j, channel, lanes, sums);
    finish_channel(j, channel, sums, count, output + channel);
}

/* Where the channels from `first` up to `end` end that convolve_many() can do. The last channel's
 * filter may have no whole number of groups. */
static int32_t end_of_short(const job *j, int32_t first, int32_t end) {
    int32_t channel = first;
    end = end == j->p->output_channels && j->window % 4 != 0 ? end - 1 : end;
    while (channel < end && nn_is_short(j->shifts[channel], j->bias[channel])) {
        channel++;
    }
    return channel;
}

/* The output channels of one group, at `count` positions whose windows are in the columns. */
static void convolve_group(const job *j, int32_t first, int32_t lanes, int32_t count,
                           int8_t *output) {
    const int32_t end = first + j->p->group_outputs;
    for (int32_t channel = first; channel < end; channel++) {
        if (j->is_short && count == NN_CONV_MANY) {
            int32_t next = end_of_short(j, channel, end);
            if (next != channel) {
                convolve_many(j, channel, next, output);
                channel = next;
            }
            if (channel == end) {
                break;
            }
        }
        convolve_channel(j, channel, lanes, count, output);
    }
}

/* An output position. */
typedef struct {
    int32_t y;
    int32_t x;
} position;

static position next_position(const nn_conv_params *p, position at) {
    at.x++;
    return at.x < p->x.output ? at : (position){.y = at.y + 1};
}

/* `count` output positions from `first` on, along rows; returns the one after them. */
static position convolve_positions(const job *j, const int8_t *input, position first, int32_t lanes,
                                   int32_t count, int8_t *output) {
    const nn_conv_params *p = j->p;
    position at = first;
    for (int32_t channel = 0; channel < p->output_channels; channel += p->group_outputs) {
        const int8_t *group = input + channel / p->group_outputs * p->group_channels;
        at = first;
        for (int32_t lane = 0; lane < count; lane++) {
            if (j->is_point) {
                int32_t point = at.y * p->y.stride * p->x.input + at.x * p->x.stride;
                const int8_t *from = group + point * p->input_channels;
                widen(j, from, j->groups, lanes, j->columns + lane);
            } else {
                fill_lane(j, group, nn_span_at(&p->y, at.y), nn_span_at(&p->x, at.x), lane, lanes);
            }
            at = next_position(p, at);
        }
        convolve_group(j, channel, lanes, count, output);
    }
    return at;
}

void nn_conv_s8(const nn_conv_params *params, const int32_t *multipliers, const int8_t *shifts,
                const int8_t *input, const int8_t *filter, const int32_t *bias, uint32_t *scratch,
                int8_t *output) {
    const nn_conv_params *p = params;
    int32_t window = p->y.filter * p->x.filter * p->group_channels;
    int32_t most = window > NN_CONV_LARGE_WINDOW ? NN_CONV_FEW : NN_CONV_MANY;
    int32_t groups = (window + 3) / 4;
    const job j = {
        .p = p,
        .multipliers = multipliers,
        .shifts = shifts,
        .filter = filter,
        .bias = bias,
        .columns = scratch,
        .stride = p->output_channels,
        .bytes = (int8_t *)(scratch + groups * 2 * most),
        .window = window,
        .groups = groups,
        .offsets = nn_lanes(p->input_offset, p->input_offset),
        .is_gathered = p->group_channels % 4 != 0,
        .is_point = p->y.filter == 1 && p->x.filter == 1 && p->group_channels % 4 == 0,
        .is_short = bias != NULL && p->min == INT8_MIN && p->max == INT8_MAX,
        .addend = 2 * p->output_offset + 1,
    };
    for (int32_t batch = 0; batch < p->batches; batch++) {
        position at = {0};
        int32_t count;
        for (int32_t left = p->y.output * p->x.output; left > 0; left -= count) {
            int32_t lanes = left > NN_CONV_FEW ? most : NN_CONV_FEW;
            count = left < lanes ? left : lanes;
            at = convolve_positions(&j, input, at, lanes, count, output);
            output += count * p->output_channels;
        }
        input += p->y.input * p->x.input * p->input_channels;
    }
}
