/* Numbers of one type to those of another. */
#ifndef NN_KERNELS_CAST_H
#define NN_KERNELS_CAST_H

#include <stdbool.h>
#include <stdint.h>

/** A type. */
typedef struct {
    uint8_t size; /**< bytes of an element: 1, 2, 4 or 8 */
    bool is_signed;
    bool is_bool;
    bool is_float; /**< float32 */
} nn_number;

typedef struct {
    int32_t count;
    nn_number from;
    nn_number to;
} nn_cast_params;

/** An integer that is too wide loses its upper bits; a float loses its fraction, and becomes the
 * largest or the smallest integer if it is beyond them, the largest if it is no number. */
void nn_cast(const nn_cast_params *params, const uint8_t *input, uint8_t *output);

#endif
