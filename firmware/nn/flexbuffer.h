/* A value of a FlexBuffer map, as custom ops have their options in one. */
#ifndef NN_FLEXBUFFER_H
#define NN_FLEXBUFFER_H

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    NN_FLEX_NONE, /**< there is none, or of a kind that is not read: a string, a vector, ... */
    NN_FLEX_WHOLE,
    NN_FLEX_REAL,
} nn_flex_kind;

typedef struct {
    nn_flex_kind kind;
    int64_t whole; /**< of a bool 0 or 1 */
    double real;
} nn_flex;

/** Finds the value of a key. False if the bytes are no FlexBuffer of a map: nothing outside of them
 * is read. */
bool nn_flex_find(const uint8_t *data, uint32_t size, const char *key, nn_flex *value);

#endif
