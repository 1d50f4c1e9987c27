/* Reads FlexBuffers within bounds; the format is described at
 * https://flatbuffers.dev/flatbuffers_internals/#flexbuffers and is little-endian on every machine.
 *
 * All is read from its end: the last byte is the width of the root, the one before it the root's
 * type, and before that lies the root, for a map the distance back to its values. A type has the
 * kind of a value in its upper six bits, and in the lower two the width of what it refers to. */
#include "flexbuffer.h"

#include <string.h>

/* Kinds of values. An indirect one lies where the value says. */
enum {
    INT = 1,
    UINT = 2,
    FLOAT = 3,
    INDIRECT_INT = 6,
    INDIRECT_UINT = 7,
    INDIRECT_FLOAT = 8,
    MAP = 9,
    BOOL = 26,
};

/* The bytes, and whether all that was read of them lies in them. */
typedef struct {
    const uint8_t *data;
    uint32_t size;
    bool malformed;
} flex;

static bool within(flex *f, uint32_t position, uint32_t size) {
    f->malformed = f->malformed || position > f->size || size > f->size - position;
    return !f->malformed;
}

/* An unsigned number of 1, 2, 4 or 8 bytes; 0 if it is malformed. */
static uint64_t read(flex *f, uint32_t position, uint32_t width) {
    uint64_t number = 0;
    if (within(f, position, width)) {
        for (uint32_t i = 0; i < width; i++) {
            number |= (uint64_t)f->data[position + i] << (8 * i);
        }
    }
    return number;
}

/* So many bytes before a position; 0 if that is malformed. */
static uint32_t back(flex *f, uint32_t position, uint64_t distance) {
    f->malformed = f->malformed || distance > position;
    return f->malformed ? 0 : position - (uint32_t)distance;
}

/* What the offset at a position refers to. */
static uint32_t follow(flex *f, uint32_t position, uint32_t width) {
    return back(f, position, read(f, position, width));
}

static bool is_text(flex *f, uint32_t position, const char *text) {
    uint32_t size = (uint32_t)strlen(text) + 1;
    bool has_room = position <= f->size && size <= f->size - position;
    return !f->malformed && has_room && memcmp(f->data + position, text, size) == 0;
}

static int64_t signed_of(uint64_t number, uint32_t width) {
    uint64_t sign = (uint64_t)1 << (8 * width - 1);
    return (int64_t)((number ^ sign) - sign);
}

static double real_of(uint64_t number, uint32_t width) {
    float single;
    double real;
    uint32_t low = (uint32_t)number;
    memcpy(&single, &low, sizeof single);
    memcpy(&real, &number, sizeof real);
    return width == 8 ? real : (double)single;
}

static nn_flex value_at(flex *f, uint32_t position, uint32_t width, uint32_t type) {
    nn_flex value = {.kind = NN_FLEX_NONE};
    uint32_t kind = type >> 2;
    if (kind >= INDIRECT_INT && kind <= INDIRECT_FLOAT) {
        position = follow(f, position, width);
        width = 1u << (type & 3u);
        kind = kind - INDIRECT_INT + INT;
    }
    uint64_t number = read(f, position, width);
    if (kind == INT) {
        value = (nn_flex){.kind = NN_FLEX_WHOLE, .whole = signed_of(number, width)};
    } else if ((kind == UINT || kind == BOOL) && number <= INT64_MAX) {
        value = (nn_flex){.kind = NN_FLEX_WHOLE, .whole = (int64_t)number};
    } else if (kind == FLOAT && width >= 4) {
        value = (nn_flex){.kind = NN_FLEX_REAL, .real = real_of(number, width)};
    }
    return value;
}

static bool is_width(uint64_t width) {
    return width == 1 || width == 2 || width == 4 || width == 8;
}

/* A map's values lie at `values`, of a width each, and their types after them. Before them are, of
 * that width: the distance back to the keys, the width of these, and the number of both. */
static nn_flex find(flex *f, uint32_t values, uint32_t width, const char *key) {
    nn_flex none = {.kind = NN_FLEX_NONE};
    uint64_t count = read(f, back(f, values, width), width);
    uint64_t key_width = read(f, back(f, values, (uint64_t)2 * width), width);
    uint32_t keys = follow(f, back(f, values, (uint64_t)3 * width), width);
    if (f->malformed || count > f->size || !is_width(key_width)) {
        f->malformed = true;
        return none;
    }
    uint32_t types = values + (uint32_t)count * width;
    for (uint32_t i = 0; i < count && !f->malformed; i++) {
        uint32_t name = follow(f, keys + i * (uint32_t)key_width, (uint32_t)key_width);
        if (is_text(f, name, key)) {
            return value_at(f, values + i * width, width, (uint32_t)read(f, types + i, 1));
        }
    }
    return none;
}

bool nn_flex_find(const uint8_t *data, uint32_t size, const char *key, nn_flex *value) {
    flex f = {.data = data, .size = size};
    uint32_t end = back(&f, size, 2);
    uint32_t type = (uint32_t)read(&f, end, 1);
    uint32_t root_width = (uint32_t)read(&f, end + 1, 1);
    if (f.malformed || type >> 2 != MAP || !is_width(root_width)) {
        return false;
    }
    uint32_t values = follow(&f, back(&f, end, root_width), root_width);
    *value = find(&f, values, 1u << (type & 3u), key);
    return !f.malformed;
}
