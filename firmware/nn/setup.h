/* A set-up under way: what verify.c, fold.c and setup.c share. */
#ifndef NN_SETUP_H
#define NN_SETUP_H

#include "interpreter.h"
#include "op.h"
#include "packed.h"
#include "planner.h"

typedef struct {
    nn_interpreter *interpreter;
    nn_error *error;
    uint32_t arena_size;
    uint32_t params;  /**< where the ops' parameters start in the arena; before is what is folded */
    uint32_t tensors; /**< where the tensors start that share memory */
    uint32_t block_count;
    uint32_t folding_end; /**< where ended what folding took at most, parameters of ops included */
} nn_setup;

/** These set the error and return false: of the model, of op i, for want of so much arena, and for
 * want of arena before there is a plan that tells how much. */
bool nn_setup_fail(nn_setup *s, const char *message);
bool nn_setup_fail_op(nn_setup *s, uint32_t i, int32_t code, const nn_op *op, const char *message);
bool nn_setup_fail_arena(nn_setup *s, uint64_t needed);
bool nn_setup_fail_unplanned(nn_setup *s);

/** What is wrong with one of the tensors that a vector names, or NULL. reader: the op whose inputs
 * they are, of which some may be left out; or NULL. */
const char *nn_setup_verify_tensors(const nn_setup *s, const nn_vector *vector,
                                    const nn_op *reader);

/** Reads and verifies op i; *node is as its op's functions get it, without parameters. */
bool nn_setup_read_node(nn_setup *s, uint32_t i, nn_node *node);

/** Bytes of scratch memory that an op takes: its packed weights, unpacked, and its own. */
static inline uint32_t nn_setup_scratch_size(const nn_node *node) {
    uint32_t unpacked = NN_WITH_INT4 ? nn_unpacked_size(node->interpreter, &node->inputs) : 0;
    return unpacked + (node->op->scratch_size == NULL ? 0 : node->op->scratch_size(node));
}

/** Prepares op i, whose parameters are at node->params. */
bool nn_setup_prepare(nn_setup *s, uint32_t i, nn_node *node);

/** The blocks that are planned, s->block_count of them; they lie where parameters and tensors will.
 */
static inline nn_block *nn_setup_blocks(const nn_setup *s) {
    return (nn_block *)(void *)(s->interpreter->arena + s->params);
}

/** Adds a block that is in use at the given time; its number is s->block_count before. */
bool nn_setup_add_block(nn_setup *s, uint32_t size, uint32_t time);

/** Gives variables their blocks, which last; before all others, and after what is folded. */
bool nn_define_lasting(nn_setup *s);

/**
 * Computes what follows from the model alone: it runs the ops that are folded, and finds the shapes
 * that the file leaves open. It locates what it folds.
 */
bool nn_fold(nn_setup *s);

/** What is said in more than one place. */
#define NN_WRITTEN_TWICE "tensor is written twice, or is constant"
#define NN_TOO_MUCH "model needs too much memory"

#endif
