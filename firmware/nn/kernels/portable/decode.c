/* Decoding weights in plain C. */
#include "kernels/decode.h"

#include <string.h>

/* Codes of up to 8 bits, one after the other, first bits high. */
typedef struct {
    const uint8_t *next;
    uint32_t held;
    int32_t left; /* bits of what is held that are not taken yet */
} codes;

static inline uint32_t take(codes *from, int32_t bits) {
    if (from->left < bits) {
        from->held = from->held << 8 | *from->next++;
        from->left += 8;
    }
    from->left -= bits;
    return from->held >> from->left & ((1u << bits) - 1u);
}

/* The channel of the element after one that is the `done`th of a run of this channel. */
static inline int32_t channel_after(const nn_decode_params *p, int32_t channel, int32_t *done) {
    if (++*done < p->run) {
        return channel;
    }
    *done = 0;
    return channel + 1 < p->channels ? channel + 1 : 0;
}

static inline uint8_t *put(uint8_t *to, const uint8_t *value, int32_t size) {
    for (int32_t i = 0; i < size; i++) {
        *to++ = value[i];
    }
    return to;
}

/* The first value behind all that are asked for. */
static int64_t end_of_indices(const nn_decode_params *p, codes from) {
    int64_t end = 0;
    for (int32_t i = 0, channel = 0, done = 0; i < p->count; i++) {
        int64_t after = (int64_t)channel * p->stride + take(&from, p->bits) + 1;
        end = after > end ? after : end;
        channel = channel_after(p, channel, &done);
    }
    return end;
}

static int64_t end_of_pruned(const nn_decode_params *p, codes from) {
    int64_t end = 0;
    for (int32_t i = 0; i < p->count; i++) {
        end += take(&from, 1);
    }
    return end;
}

bool nn_decode_is_sound(const nn_decode_params *p, const uint8_t *coded) {
    int64_t bits = p->bits == 0 ? 1 : p->bits;
    if ((p->count * bits + 7) / 8 > p->coded) {
        return false;
    }
    codes from = {.next = coded};
    int64_t end = p->bits == 0 ? end_of_pruned(p, from) : end_of_indices(p, from);
    return end * p->size <= p->table;
}

void nn_decode_indices(const nn_decode_params *p, const uint8_t *coded, const uint8_t *table,
                       uint8_t *output) {
    codes from = {.next = coded};
    for (int32_t i = 0, channel = 0, done = 0; i < p->count; i++) {
        int32_t index = channel * p->stride + (int32_t)take(&from, p->bits);
        output = put(output, table + index * p->size, p->size);
        channel = channel_after(p, channel, &done);
    }
}

void nn_decode_pruned(const nn_decode_params *p, const uint8_t *coded, const uint8_t *table,
                      uint8_t *output) {
    codes from = {.next = coded};
    const uint8_t *zeros = (const uint8_t *)p + p->zero_bytes;
    for (int32_t i = 0, channel = 0, done = 0; i < p->count; i++) {
        if (take(&from, 1) != 0) {
            output = put(output, table, p->size);
            table += p->size;
        } else {
            memset(output, zeros[channel], (size_t)p->size);
            output += p->size;
        }
        channel = channel_after(p, channel, &done);
    }
}
