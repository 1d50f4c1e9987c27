/* What the firmware and its compiler need of <string.h>, small: newlib's takes 1.8 KB, most of it
 * unrolled for strings of a length that no console sees. Words may lie at any address: the core
 * loads and stores them there. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint32_t __attribute__((aligned(1), may_alias)) word;

/* Also right where `to` is lower than `from` and they overlap: what is read at once is read before
 * any of it is written. */
void *memcpy(void *to, const void *from, size_t size) {
    const word *source = from;
    word *target = to;
    for (const word *end = source + size / 16 * 4; source != end; source += 4, target += 4) {
        uint32_t a = source[0], b = source[1], c = source[2], d = source[3];
        target[0] = a, target[1] = b, target[2] = c, target[3] = d;
    }
    for (const word *end = source + size % 16 / 4; source != end; source++, target++) {
        *target = *source;
    }
    const uint8_t *last = (const uint8_t *)source;
    uint8_t *last_target = (uint8_t *)target;
    for (const uint8_t *end = last + size % 4; last != end; last++, last_target++) {
        *last_target = *last;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t size) {
    uint8_t *target = to;
    const uint8_t *source = from;
    if (target - source <= 0 || target - source >= (ptrdiff_t)size) {
        return memcpy(to, from, size);
    }
    while (size > 0) {
        size--;
        target[size] = source[size];
    }
    return to;
}

void *memset(void *to, int value, size_t size) {
    uint8_t *target = to;
    uint32_t repeated = (uint8_t)value * 0x01010101u;
    for (; size >= sizeof(word); size -= sizeof(word)) {
        *(word *)(void *)target = repeated;
        target += sizeof(word);
    }
    for (; size > 0; size--) {
        *target++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size) {
    const uint8_t *left = a;
    const uint8_t *right = b;
    while (size > 0 && *left == *right) {
        left++;
        right++;
        size--;
    }
    return size == 0 ? 0 : *left - *right;
}

size_t strlen(const char *string) {
    size_t length = 0;
    while (string[length] != '\0') {
        length++;
    }
    return length;
}

int strcmp(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (uint8_t)*a - (uint8_t)*b;
}
