/**
 * ends: what a model takes and gives: all inputs, and all outputs, one after the other.
 *
 * Most models have one of each, and the firmware that is built for such a model alone has no code
 * for more (BUILD_WITH_TENSORS is 0).
 */
#ifndef APP_ENDS_H
#define APP_ENDS_H

#include <stdint.h>

#include "app/engine.h"
#include "build_info.h"

#if BUILD_WITH_TENSORS

/** The number of inputs, and of outputs. */
static inline uint32_t ends_input_count(void) {
    return engine_input_count();
}

static inline uint32_t ends_output_count(void) {
    return engine_output_count();
}

/** The bytes of all inputs, and of all outputs. */
uint32_t ends_input_bytes(void);
uint32_t ends_output_bytes(void);

/** How many inputs of a dataset an inference is of: the first dimension, if all have that. */
uint32_t ends_batch(void);

#else

static inline uint32_t ends_input_count(void) {
    return 1;
}

static inline uint32_t ends_output_count(void) {
    return 1;
}

static inline uint32_t ends_input_bytes(void) {
    return engine_input(0).bytes;
}

static inline uint32_t ends_output_bytes(void) {
    return engine_output(0).bytes;
}

static inline uint32_t ends_batch(void) {
    return 1;
}

#endif

#endif
