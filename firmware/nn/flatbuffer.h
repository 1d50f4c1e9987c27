/* A bounded view of a FlatBuffer: every offset is verified before it is followed, so that a model
 * from anywhere can be read without a schema compiler and without trust. */
#ifndef NN_FLATBUFFER_H
#define NN_FLATBUFFER_H

#include <stdbool.h>
#include <stdint.h>

/**
 * A FlatBuffer being read. Copy it freely: reads mark only their own copy.
 *
 * A read that would leave the buffer sets `malformed` and yields 0 or something absent, and so does
 * every later read. So one can read a whole object first and check `malformed` once.
 */
typedef struct {
    const uint8_t *data;
    uint32_t size;
    bool malformed;
} nn_flatbuffer;

/** A table: positions in the buffer. Absent if start is 0; its fields then have their defaults. */
typedef struct {
    uint32_t start;
    uint32_t size;
    uint32_t vtable;
    uint32_t vtable_size;
} nn_table;

/** A vector: the position of its first element, and their number. Absent if start is 0. */
typedef struct {
    uint32_t start;
    uint32_t count;
} nn_vector;

/** The root table of a buffer that carries the four-character identifier. */
nn_table nn_fb_root(nn_flatbuffer *fb, const char identifier[4]);

/** A field of a table, by its slot (its position in the schema, from 0). */
nn_table nn_fb_table(nn_flatbuffer *fb, const nn_table *table, uint32_t slot);
nn_vector nn_fb_vector(nn_flatbuffer *fb, const nn_table *table, uint32_t slot,
                       uint32_t element_size);
uint8_t nn_fb_u8(nn_flatbuffer *fb, const nn_table *table, uint32_t slot, uint8_t absent);
uint32_t nn_fb_u32(nn_flatbuffer *fb, const nn_table *table, uint32_t slot, uint32_t absent);
int32_t nn_fb_i32(nn_flatbuffer *fb, const nn_table *table, uint32_t slot, int32_t absent);
uint64_t nn_fb_u64(nn_flatbuffer *fb, const nn_table *table, uint32_t slot, uint64_t absent);
float nn_fb_float(nn_flatbuffer *fb, const nn_table *table, uint32_t slot, float absent);

/** Element i of a vector; beyond its end is malformed. */
nn_table nn_fb_table_at(nn_flatbuffer *fb, const nn_vector *vector, uint32_t i);
int32_t nn_fb_i32_at(nn_flatbuffer *fb, const nn_vector *vector, uint32_t i);
int64_t nn_fb_i64_at(nn_flatbuffer *fb, const nn_vector *vector, uint32_t i);
float nn_fb_float_at(nn_flatbuffer *fb, const nn_vector *vector, uint32_t i);

#endif
