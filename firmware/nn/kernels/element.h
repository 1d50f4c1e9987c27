/* Integers of any width, as they compare. */
#ifndef NN_KERNELS_ELEMENT_H
#define NN_KERNELS_ELEMENT_H

#include <stdint.h>
#include <string.h>

/** How elements are read. */
typedef struct {
    int32_t size; /**< bytes of an element: 1, 2 or 4 */
    int32_t flip; /**< 0x80 to take bytes for uint8; else 0 */
} nn_element;

/** Element i: a number that is larger than those of smaller elements. */
static inline int32_t nn_element_at(nn_element element, const uint8_t *input, int32_t i) {
    int16_t half;
    int32_t word;
    switch (element.size) {
    case 1:
        return (int8_t)(input[i] ^ element.flip);
    case 2:
        memcpy(&half, input + i * 2, sizeof half);
        return half;
    default:
        memcpy(&word, input + i * 4, sizeof word);
        return word;
    }
}

#endif
