/* Decoding weights of Huffman codes in plain C.
 *
 * An entry says, from its highest bit on: whether it stands for a value; 4 bits of a count; and
 * that value, or how far from this entry the next table begins. The count is of the bits that the
 * code takes of those by which its last table was looked into, or of those, less 1, by which the
 * next is. */
#include "kernels/decode.h"

enum { COUNT_BITS = 4, FLAG_BITS = 1, LOOK_BYTES = 3 };

typedef struct {
    const nn_decode_params *p;
    const uint8_t *codes;
    const uint8_t *tables;
    int64_t taken; /* bits of the codes */
} reader;

typedef struct {
    bool is_value;
    int32_t count;
    uint32_t value;
} entry;

/* The next bits, up to 16. Those behind the end are 0: a table is looked into by more bits than a
 * short code has. */
static uint32_t look(const reader *from, int32_t bits) {
    int64_t next = from->taken / 8;
    uint32_t held = 0;
    for (int64_t i = next; i < next + LOOK_BYTES; i++) {
        held = held << 8 | (i < from->p->coded ? from->codes[i] : 0u);
    }
    int32_t behind = 8 * LOOK_BYTES - (int32_t)(from->taken % 8) - bits;
    return held >> behind & ((1u << bits) - 1u);
}

static entry entry_at(const reader *from, uint32_t place) {
    int32_t size = from->p->entry;
    int32_t value_bits = 8 * size - FLAG_BITS - COUNT_BITS;
    uint32_t raw = 0;
    for (int32_t i = size; i-- > 0;) {
        raw = raw << 8 | from->tables[place * (uint32_t)size + (uint32_t)i];
    }
    return (entry){
        .is_value = raw >> (value_bits + COUNT_BITS) != 0,
        .count = (int32_t)(raw >> value_bits & ((1u << COUNT_BITS) - 1u)),
        .value = raw & ((1u << value_bits) - 1u),
    };
}

/* False if it is in no table, or its code is not all there. A table that has no value takes bits,
 * so that this comes to an end. */
static bool next_value(reader *from, uint32_t *value) {
    uint32_t entries = (uint32_t)(from->p->table / from->p->entry), place = 0;
    entry at = {.count = from->p->bits - 1};
    while (!at.is_value) {
        int32_t bits = at.count + 1;
        place += at.value + look(from, bits);
        if (place >= entries) {
            return false;
        }
        at = entry_at(from, place);
        from->taken += at.is_value && at.count < bits ? at.count : bits;
        if (from->taken > 8 * (int64_t)from->p->coded) {
            return false;
        }
    }
    *value = at.value;
    return true;
}

bool nn_decode_huffman_is_sound(const nn_decode_params *p, const uint8_t *codes,
                                const uint8_t *tables) {
    reader from = {.p = p, .codes = codes, .tables = tables};
    uint32_t value = 0;
    for (int32_t i = 0; i < p->count; i++) {
        if (!next_value(&from, &value)) {
            return false;
        }
    }
    return true;
}

void nn_decode_huffman(const nn_decode_params *p, const uint8_t *codes, const uint8_t *tables,
                       uint8_t *output) {
    reader from = {.p = p, .codes = codes, .tables = tables};
    uint32_t value = 0;
    for (int32_t i = 0; i < p->count && next_value(&from, &value); i++) {
        for (int32_t byte = 0; byte < p->size; byte++) {
            *output++ = (uint8_t)(value >> 8 * byte);
        }
    }
}
