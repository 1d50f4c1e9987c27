/* The interpreter's state, public only so that a caller can allocate it. Include nn.h, which
 * includes this header where the types it needs are known. */
#ifndef NN_INTERPRETER_H
#define NN_INTERPRETER_H

#include "flatbuffer.h"
#include "nn.h"

/** Where the parts of a model lie. */
typedef struct {
    nn_flatbuffer fb;
    nn_vector operator_codes;
    nn_vector buffers;
    nn_vector tensors;
    nn_vector operators;
    nn_vector inputs;
    nn_vector outputs;
    const uint8_t *arena;   /* what closed_shapes lie in */
    uint32_t closed_shapes; /* the last of them, or 0; see model.h */
} nn_model;

struct nn_interpreter {
    nn_model model;
    nn_resolver ops;
    uint8_t *arena;
    uint32_t arena_used;
    uint32_t folded_end; /* where what was folded ends in the arena; 0 before anything is */
    bool ready;          /* set by a successful nn_init() */
    nn_hook hook;
    void *hook_context;
};

#endif
