/**
 * engine: what infers. The application knows this interface and nothing behind it; a build links
 * one implementation, of those in firmware/engine.
 */
#ifndef APP_ENGINE_H
#define APP_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/tensor.h"

/** The schema version of the .tflite files that every engine reads. */
#define ENGINE_SCHEMA_VERSION 3u

#ifdef __cplusplus
extern "C" {
#endif

/** Makes a model ready to run, which has to stay where it is, aligned to NN_ALIGNMENT, as the arena
 *  is. False if it cannot be run; then engine_print_error() is all that may be called. */
bool engine_use(const uint8_t *model, size_t model_size, uint8_t *arena, size_t arena_size);

/** Writes what failed last, without an end of line, e.g. `op 3 CONV_2D: stride is 0`. */
void engine_print_error(void);

/** The number of the model's inputs and outputs, and number i of each, which is below that. */
uint32_t engine_input_count(void);
uint32_t engine_output_count(void);
nn_tensor engine_input(uint32_t i);
nn_tensor engine_output(uint32_t i);

/** Runs the model on what is in its inputs, which may be overwritten. */
bool engine_invoke(void);

/** Called after each op of an inference; its outputs are valid until this returns. */
typedef void (*engine_hook)(void *context, uint32_t op);

/** Sets what is called after each op; NULL for nothing. */
void engine_set_hook(engine_hook hook, void *context);

/** The number of ops in the model, and their names in the order of the graph. */
uint32_t engine_op_count(void);
const char *engine_op_name(uint32_t i);

/** The number of outputs of op i, and its output j; that only in a hook, after op i. */
uint32_t engine_op_output_count(uint32_t i);
nn_tensor engine_op_output(uint32_t i, uint32_t j);

/** The bytes that the model takes of the arena. */
uint32_t engine_arena_used(void);

#ifdef __cplusplus
}
#endif

#endif
