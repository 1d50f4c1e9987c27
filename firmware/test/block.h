/* Blocks of exactly the size asked for, aligned as the engine wants them, so that a sanitizer sees
 * any access beyond them. */
#ifndef TEST_BLOCK_H
#define TEST_BLOCK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn.h"

/** A block full of 0xa5, so that nothing can rely on zeros; to be freed. */
static inline void *block_new(size_t size) {
    void *block = NULL;
    if (posix_memalign(&block, NN_ALIGNMENT, size == 0 ? 1 : size) != 0) {
        perror("posix_memalign");
        exit(2);
    }
    memset(block, 0xa5, size);
    return block;
}

/** A block with a copy of the data; to be freed. */
static inline void *block_of(const uint8_t *data, size_t size) {
    void *block = block_new(size);
    memcpy(block, data, size);
    return block;
}

#endif
