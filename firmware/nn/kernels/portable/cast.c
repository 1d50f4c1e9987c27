/* Conversions of numbers in plain C. */
#include "kernels/cast.h"

#include <string.h>

/* All are little-endian. */
static int64_t integer_at(const uint8_t *input, nn_number type) {
    uint64_t bits = 0;
    memcpy(&bits, input, type.size);
    uint64_t sign = type.is_signed ? (uint64_t)1 << (8 * type.size - 1) : 0;
    return (int64_t)((bits ^ sign) - sign);
}

static float float_at(const uint8_t *input) {
    float value;
    memcpy(&value, input, sizeof value);
    return value;
}

static int64_t whole(float value, nn_number type) {
    int bits = 8 * type.size - (type.is_signed ? 1 : 0);
    int64_t highest = (int64_t)(((uint64_t)1 << bits) - 1);
    int64_t lowest = type.is_signed ? -highest - 1 : 0;
    if (!(value < (float)highest + 1.0f)) {
        return highest;
    }
    return value < (float)lowest ? lowest : (int64_t)value;
}

static void write(uint8_t *output, float real, int64_t integer, const nn_cast_params *p) {
    if (p->to.is_float) {
        float value = p->from.is_float ? real : (float)integer;
        memcpy(output, &value, sizeof value);
    } else if (p->to.is_bool) {
        *output = (p->from.is_float ? real != 0.0f : integer != 0) ? 1 : 0;
    } else {
        int64_t value = p->from.is_float ? whole(real, p->to) : integer;
        memcpy(output, &value, p->to.size);
    }
}

void nn_cast(const nn_cast_params *params, const uint8_t *input, uint8_t *output) {
    const nn_cast_params *p = params;
    for (int32_t i = 0; i < p->count; i++) {
        float real = p->from.is_float ? float_at(input) : 0.0f;
        int64_t integer = p->from.is_float ? 0 : integer_at(input, p->from);
        write(output, real, integer, p);
        input += p->from.size;
        output += p->to.size;
    }
}
