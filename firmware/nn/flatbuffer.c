/* Reads FlatBuffers within bounds; the format is described at
 * https://flatbuffers.dev/internals/ and is little-endian on every machine. */
#include "flatbuffer.h"

#include <string.h>

/* Whether bytes [position, position + size) lie in the buffer; if not, the buffer is malformed. */
static bool within(nn_flatbuffer *fb, uint32_t position, uint32_t size) {
    if (fb->malformed || position > fb->size || size > fb->size - position) {
        fb->malformed = true;
        return false;
    }
    return true;
}

static uint32_t read_u16(nn_flatbuffer *fb, uint32_t position) {
    if (!within(fb, position, 2)) {
        return 0;
    }
    const uint8_t *p = fb->data + position;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t read_u32(nn_flatbuffer *fb, uint32_t position) {
    if (!within(fb, position, 4)) {
        return 0;
    }
    const uint8_t *p = fb->data + position;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t read_u64(nn_flatbuffer *fb, uint32_t position) {
    if (!within(fb, position, 8)) {
        return 0;
    }
    return read_u32(fb, position) | (uint64_t)read_u32(fb, position + 4) << 32;
}

static float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The target of the unsigned 32-bit offset at position, or 0 if that is malformed. */
static uint32_t follow(nn_flatbuffer *fb, uint32_t position) {
    uint32_t offset = read_u32(fb, position);
    if (!within(fb, position, 4) || offset < 4 || offset >= fb->size - position) {
        fb->malformed = true;
        return 0;
    }
    return position + offset;
}

static nn_table table_at(nn_flatbuffer *fb, uint32_t start) {
    const nn_table absent = {0};
    nn_table table = {.start = start};
    /* The offset to the vtable is signed and is subtracted; wrapping gives both directions. */
    table.vtable = start - read_u32(fb, start);
    table.vtable_size = read_u16(fb, table.vtable);
    table.size = read_u16(fb, table.vtable + 2);
    if (!within(fb, table.vtable, table.vtable_size) || !within(fb, start, table.size) ||
        table.vtable_size < 4 || table.size < 4) {
        fb->malformed = true;
        return absent;
    }
    return table;
}

nn_table nn_fb_root(nn_flatbuffer *fb, const char identifier[4]) {
    if (!within(fb, 0, 8) || memcmp(fb->data + 4, identifier, 4) != 0) {
        fb->malformed = true;
    }
    return table_at(fb, follow(fb, 0));
}

/* The position of a field of the given size, or 0 if the table leaves it out. */
static uint32_t field(nn_flatbuffer *fb, const nn_table *table, uint32_t slot, uint32_t size) {
    uint32_t entry = 4 + 2 * slot;
    if (fb->malformed || table->start == 0 || entry + 2 > table->vtable_size) {
        return 0;
    }
    uint32_t offset = read_u16(fb, table->vtable + entry);
    if (offset == 0) {
        return 0;
    }
    if (offset < 4 || offset + size > table->size) {
        fb->malformed = true;
        return 0;
    }
    return table->start + offset;
}

nn_table nn_fb_table(nn_flatbuffer *fb, const nn_table *table, uint32_t slot) {
    const nn_table absent = {0};
    uint32_t position = field(fb, table, slot, 4);
    return position == 0 ? absent : table_at(fb, follow(fb, position));
}

nn_vector nn_fb_vector(nn_flatbuffer *fb, const nn_table *table, uint32_t slot,
                       uint32_t element_size) {
    nn_vector vector = {0};
    uint32_t position = field(fb, table, slot, 4);
    if (position == 0) {
        return vector;
    }
    uint32_t target = follow(fb, position);
    uint32_t count = read_u32(fb, target);
    if (fb->malformed || count > (fb->size - target - 4) / element_size) {
        fb->malformed = true;
        return vector;
    }
    vector.start = target + 4;
    vector.count = count;
    return vector;
}

uint8_t nn_fb_u8(nn_flatbuffer *fb, const nn_table *table, uint32_t slot, uint8_t absent) {
    uint32_t position = field(fb, table, slot, 1);
    return position == 0 ? absent : fb->data[position];
}

uint32_t nn_fb_u32(nn_flatbuffer *fb, const nn_table *table, uint32_t slot, uint32_t absent) {
    uint32_t position = field(fb, table, slot, 4);
    return position == 0 ? absent : read_u32(fb, position);
}

int32_t nn_fb_i32(nn_flatbuffer *fb, const nn_table *table, uint32_t slot, int32_t absent) {
    return (int32_t)nn_fb_u32(fb, table, slot, (uint32_t)absent);
}

uint64_t nn_fb_u64(nn_flatbuffer *fb, const nn_table *table, uint32_t slot, uint64_t absent) {
    uint32_t position = field(fb, table, slot, 8);
    return position == 0 ? absent : read_u64(fb, position);
}

float nn_fb_float(nn_flatbuffer *fb, const nn_table *table, uint32_t slot, float absent) {
    uint32_t position = field(fb, table, slot, 4);
    return position == 0 ? absent : float_of_bits(read_u32(fb, position));
}

/* The position of element i, or 0 (and malformed) if the vector is shorter. */
static uint32_t element(nn_flatbuffer *fb, const nn_vector *vector, uint32_t i, uint32_t size) {
    if (fb->malformed || i >= vector->count) {
        fb->malformed = true;
        return 0;
    }
    return vector->start + i * size;
}

nn_table nn_fb_table_at(nn_flatbuffer *fb, const nn_vector *vector, uint32_t i) {
    return table_at(fb, follow(fb, element(fb, vector, i, 4)));
}

int32_t nn_fb_i32_at(nn_flatbuffer *fb, const nn_vector *vector, uint32_t i) {
    return (int32_t)read_u32(fb, element(fb, vector, i, 4));
}

int64_t nn_fb_i64_at(nn_flatbuffer *fb, const nn_vector *vector, uint32_t i) {
    return (int64_t)read_u64(fb, element(fb, vector, i, 8));
}

float nn_fb_float_at(nn_flatbuffer *fb, const nn_vector *vector, uint32_t i) {
    return float_of_bits(read_u32(fb, element(fb, vector, i, 4)));
}
