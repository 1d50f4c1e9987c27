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
} nn_model;

struct nn_interpreter {
    nn_model model;
    nn_resolver ops;
    uint8_t *arena;
    uint32_t arena_used;
    uint32_t tensors; /* where those that share memory start in the arena; 0 before that is known */
    bool ready;       /* set by a successful nn_init() */
    nn_hook hook;
    void *hook_context;
};

#endif
