/* What an interpreter keeps in its arena, for setup.c, which fills it, and interpreter.c.
 *
 * From the start of the arena: where each tensor lies, one record an op, what was folded, the other
 * ops' parameters, and the tensors that share memory. Nothing in it depends on the size of a
 * pointer, so that a model takes as much arena on a host as on a device. */
#ifndef NN_STATE_H
#define NN_STATE_H

#include "interpreter.h"
#include "op.h"

/** Where a tensor lies: an offset into the arena or, with this bit, into the model. */
#define NN_IN_MODEL 0x80000000u
#define NN_NOWHERE UINT32_MAX

/** While planning, a location with this bit is the number of a block. */
#define NN_IS_BLOCK 0x40000000u

/** What is kept of an op; a debugger reads it too (tinyml_hil/device/runtimes/own.py). */
typedef struct {
    uint32_t inputs; /**< where their vector starts in the model */
    uint32_t outputs;
    uint32_t params;  /**< where they are in the arena */
    uint32_t scratch; /**< where that is in the arena; NN_NOWHERE if it has none */
    uint16_t op;      /**< its index in the resolver */
    uint8_t input_count;
    uint8_t output_count;
} nn_record;

static inline nn_vector nn_inputs_of(const nn_record *record) {
    return (nn_vector){record->inputs, record->input_count};
}

static inline nn_vector nn_outputs_of(const nn_record *record) {
    return (nn_vector){record->outputs, record->output_count};
}

static inline uint32_t nn_aligned(uint32_t size, uint32_t alignment) {
    return (size + alignment - 1u) & ~(alignment - 1u);
}

/** One location a tensor. */
static inline uint32_t *nn_locations(const nn_interpreter *interpreter) {
    return (uint32_t *)(void *)interpreter->arena;
}

static inline uint32_t nn_records_offset(const nn_interpreter *interpreter) {
    return nn_aligned(interpreter->model.tensors.count * (uint32_t)sizeof(uint32_t), 8);
}

/** One record an op. */
static inline nn_record *nn_records(const nn_interpreter *interpreter) {
    return (nn_record *)(void *)(interpreter->arena + nn_records_offset(interpreter));
}

/** The tensor that element i of a vector names, or -1. */
static inline int32_t nn_tensor_index(const nn_interpreter *interpreter, const nn_vector *vector,
                                      uint32_t i) {
    nn_flatbuffer fb = interpreter->model.fb;
    return nn_fb_i32_at(&fb, vector, i);
}

/** Whether a tensor was computed by nn_init(), and is a constant since. */
static inline bool nn_is_folded(const nn_interpreter *interpreter, int32_t tensor) {
    return NN_WITH_FOLDING && interpreter->folded_end > 0 &&
           nn_locations(interpreter)[tensor] < interpreter->folded_end;
}

/** The same of the outputs of an op. */
static inline bool nn_are_folded(const nn_interpreter *interpreter, const nn_vector *outputs) {
    return NN_WITH_FOLDING && outputs->count > 0 &&
           nn_is_folded(interpreter, nn_tensor_index(interpreter, outputs, 0));
}

#endif
