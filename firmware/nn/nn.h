/**
 * nn: an exact inference engine for TensorFlow Lite models on a microcontroller.
 *
 * This header is the whole public API; tensor.h has its types. The flow is the one that TensorFlow
 * Lite for Microcontrollers made known:
 *
 *     static uint8_t arena[63 * 1024] __attribute__((aligned(16)));
 *     nn_interpreter interpreter;
 *     nn_error error;
 *
 *     if (!nn_init(&interpreter, model, model_size, nn_all_ops, arena, sizeof arena, &error)) {
 *         report(&error);
 *     }
 *     nn_tensor input = nn_input(&interpreter, 0);
 *     memcpy(input.data, image, input.bytes);
 *     if (nn_invoke(&interpreter, &error)) {
 *         nn_tensor output = nn_output(&interpreter, 0);
 *     }
 *
 * Rules:
 * - The model is a .tflite FlatBuffer, used where it lies (flash), never copied or changed. It must
 *   stay in place, 16-byte aligned, as long as the interpreter is used. It is not trusted: every
 *   offset is verified before it is followed, and a bad model is an error, never a bad access.
 * - The arena is the only working memory. Nothing is allocated elsewhere; there is no heap.
 * - Every op gives the bits of LiteRT's reference kernels (OpResolverType.BUILTIN_REF).
 * - Functions that can fail return false and fill *error; its strings are constants.
 * - One interpreter is used by one thread of execution at a time.
 */
#ifndef NN_NN_H
#define NN_NN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor.h"

/** The .tflite schema version that the engine reads. */
#define NN_SCHEMA_VERSION 3u

/** Why a call failed. Unused fields are -1, NULL or 0. */
typedef struct {
    const char *message; /**< what is wrong, one short phrase, e.g. "arena too small" */
    const char
        *op_name;     /**< the op it is wrong in, e.g. "CONV_2D"; NULL if the engine lacks the op */
    int32_t op_index; /**< position of that op in the graph, or -1 */
    int32_t op_code;  /**< its BuiltinOperator number in the .tflite schema, or -1 */
    uint32_t needed;  /**< "arena too small": the arena bytes that the model needs */
} nn_error;

/** One op that the engine can run; see op.h for how to write one. */
typedef struct nn_op nn_op;

/** A resolver: the ops that are linked, ended by NULL. */
typedef const nn_op *const *nn_resolver;

/** Every op that is linked: all that the engine has, or those that the build chose with NN_OPS. */
extern const nn_op *const nn_all_ops[];

/**
 * Called after each op of an invoke, when set with nn_set_hook().
 * op_index counts from 0; nn_op_output() gives the op's outputs, valid until the hook returns.
 */
typedef void (*nn_hook)(void *context, uint32_t op_index);

/** An interpreter's state. Its fields belong to the engine. */
typedef struct nn_interpreter nn_interpreter;
#include "interpreter.h" /* its definition, for which the types above must be known */

/**
 * Verifies the model, resolves its ops, plans its tensors into the arena, prepares every op, and
 * computes what follows from the model alone.
 *
 * Fails if the model is not a well-formed .tflite of NN_SCHEMA_VERSION, if an op is not in ops or
 * has types, shapes or options that the engine lacks, if model or arena is not 16-byte aligned, or
 * if the arena is too small. Then error->needed is a size that suffices: the smallest, unless the
 * arena cannot even hold what planning needs, a few hundred bytes. If the file leaves shapes
 * open besides, that is enough to plan with, and a second call names the smallest. Of another
 * failure that is not an op's, error->op_index is -1. The model's tensors take as much arena on
 * every machine.
 */
bool nn_init(nn_interpreter *interpreter, const uint8_t *model, size_t model_size, nn_resolver ops,
             uint8_t *arena, size_t arena_size, nn_error *error);

/** Runs every op once, but for those that nn_init() has run. The inputs must have been written
 * before; they may be overwritten by it. Fails only if nn_init() did not succeed: all else was
 * checked there. */
bool nn_invoke(nn_interpreter *interpreter, nn_error *error);

/** Gives variables, which keep what they hold from one inference to the next, what they hold at
 * first, as nn_init() does. */
void nn_reset(nn_interpreter *interpreter);

/** The number of graph inputs and outputs. */
uint32_t nn_input_count(const nn_interpreter *interpreter);
uint32_t nn_output_count(const nn_interpreter *interpreter);

/** Graph input or output i, which must be less than the count. */
nn_tensor nn_input(const nn_interpreter *interpreter, uint32_t i);
nn_tensor nn_output(const nn_interpreter *interpreter, uint32_t i);

/** The arena bytes that the model takes: tensors, scratch and per-op data. */
uint32_t nn_arena_used(const nn_interpreter *interpreter);

/** The number of ops in the graph, and the name of op i, e.g. "CONV_2D". */
uint32_t nn_op_count(const nn_interpreter *interpreter);
const char *nn_op_name(const nn_interpreter *interpreter, uint32_t i);

/** The number of outputs of op i; a variable's handle is none. */
uint32_t nn_op_output_count(const nn_interpreter *interpreter, uint32_t i);

/** Output j of op i; only valid from within the hook that is called after op i. */
nn_tensor nn_op_output(const nn_interpreter *interpreter, uint32_t i, uint32_t j);

/** Sets the function that is called after each op, or NULL for none (the default, at no cost). */
void nn_set_hook(nn_interpreter *interpreter, nn_hook hook, void *context);

#endif
