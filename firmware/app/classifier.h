/**
 * classifier: a model in the engine, ready to run, and what the values of its first output say of
 * the classes.
 */
#ifndef APP_CLASSIFIER_H
#define APP_CLASSIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Prepares the linked model. False if it cannot be run; then only classifier_ready(),
 *  classifier_print_error(), classifier_report_error() and classifier_arena_size() may be called,
 * and nothing of the engine.
 */
bool classifier_init(void);

/** The same with another model, which has to stay where it is, aligned as the engine wants it. */
bool classifier_use(const uint8_t *model, size_t model_size);

/** True if classifier_init() succeeded. */
bool classifier_ready(void);

/** Writes what failed last, without an end of line, e.g. `op 3 CONV_2D: stride is 0`. */
void classifier_print_error(void);

/** Writes that as an error line: `e-[model: ...]`. */
void classifier_report_error(void);

/** Runs the model on ends_input_bytes() bytes, its inputs one after the other, which are not
 *  changed. */
bool classifier_run(const uint8_t *input);

/** Called after each op with the ticks that it took; its outputs are valid until this returns. */
typedef void (*classifier_visitor)(void *context, uint32_t op, uint64_t ticks);

/** Runs the model on one input as classifier_run() does, and calls visit after each op. */
bool classifier_run_layers(const uint8_t *input, classifier_visitor visit, void *context);

/** The ticks of the last classifier_run(): of the inference alone. */
uint64_t classifier_ticks(void);

/** The most bytes of stack that a run took: an inference alone, below its caller. */
uint32_t classifier_stack(void);

/** The number of values in an output, and value i in it, dequantized. */
uint32_t classifier_values_in(uint32_t output);
double classifier_value(uint32_t output, uint32_t i);

/** The class of the greatest value that the first output has for the first input of the batch; the
 *  first, if several are equal. A single value means class 1 if it is above the threshold, else
 *  class 0. */
uint32_t classifier_class(void);

/** The threshold of a single value: the one that the firmware was built with, else 0.5 of a
 *  probability, else 0. */
float classifier_threshold(void);

/** Whether the values are probabilities: the model ends in SOFTMAX or LOGISTIC. */
bool classifier_gives_probabilities(void);

/** How much speaks for a class: its value. A single value speaks for class 1, and for class 0 what
 *  is as far on the other side of the threshold: 1 less a probability, else the value negated. */
double classifier_score(uint32_t class);

/** The size of the arena, in bytes. */
uint32_t classifier_arena_size(void);

#endif
