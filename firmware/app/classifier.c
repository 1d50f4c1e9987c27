/* A model, ready to run. */

#include "app/classifier.h"

#include <string.h>

#include "app/blobs.h"
#include "app/stopwatch.h"
#include "app/text.h"
#include "bsp/bsp.h"
#include "build_info.h"

__attribute__((section(".arena"), aligned(NN_ALIGNMENT))) static uint8_t arena[BUILD_ARENA_SIZE];

static nn_interpreter interpreter;
static nn_error error;
static bool ready;
static uint64_t ticks;
static uint32_t stack;

static bool fail(const char *message) {
    error = (nn_error){.message = message, .op_index = -1, .op_code = -1};
    return false;
}

/* Whether a type has a place at the edge of a classifier. */
static bool is_edge_type(nn_type type) {
    return type == NN_INT8 || type == NN_UINT8 || type == NN_FLOAT32;
}

static bool check_edges(void) {
    if (nn_input_count(&interpreter) != 1) {
        return fail("must have one input");
    }
    if (nn_output_count(&interpreter) != 1) {
        return fail("must have one output");
    }
    if (!is_edge_type(nn_input(&interpreter, 0).type)) {
        return fail("input must be int8, uint8 or float32");
    }
    if (!is_edge_type(nn_output(&interpreter, 0).type)) {
        return fail("output must be int8, uint8 or float32");
    }
    return true;
}

bool classifier_use(const uint8_t *model, size_t model_size) {
    ready = nn_init(&interpreter, model, model_size, nn_all_ops, arena, sizeof arena, &error) &&
            check_edges();
    return ready;
}

bool classifier_init(void) {
    return classifier_use(blob_model, (size_t)(blob_model_end - blob_model));
}

bool classifier_ready(void) {
    return ready;
}

/* An error that has an op's number but not its name is that of an op that the engine lacks. */
static void print_missing_op(void) {
    text("op ");
    text_i32(error.op_code);
    text(" is not in the engine");
}

static void print_op(void) {
    text("op ");
    text_i32(error.op_index);
    text(error.op_name != NULL ? " " : "");
    text(error.op_name != NULL ? error.op_name : "");
    text(": ");
}

static void print_sizes(void) {
    text(": ");
    text_u64(sizeof arena);
    text(" bytes, ");
    text_u64(error.needed);
    text(" needed");
}

void classifier_print_error(void) {
    if (error.op_index >= 0) {
        print_op();
    }
    if (error.op_name == NULL && error.op_code >= 0) {
        print_missing_op();
    } else {
        text(error.message);
    }
    if (error.needed > 0) {
        print_sizes();
    }
}

void classifier_report_error(void) {
    text("e-[model: ");
    classifier_print_error();
    text_line("]");
}

nn_tensor classifier_input(void) {
    return nn_input(&interpreter, 0);
}

nn_tensor classifier_output(void) {
    return nn_output(&interpreter, 0);
}

bool classifier_run(const uint8_t *input) {
    nn_tensor tensor = classifier_input();
    memcpy(tensor.data, input, tensor.bytes);
    bsp_stack_mark();
    stopwatch_start();
    bool ok = nn_invoke(&interpreter, &error);
    ticks = stopwatch_stop();
    uint32_t used = bsp_stack_used_since_mark();
    stack = used > stack ? used : stack;
    return ok;
}

typedef struct {
    classifier_visitor visit;
    void *context;
} layer_watch;

/* The time that a visitor takes is nobody's; nor is its stack, below. */
static void after_op(void *context, uint32_t op) {
    uint64_t op_ticks = stopwatch_stop();
    const layer_watch *watch = context;
    watch->visit(watch->context, op, op_ticks);
    stopwatch_start();
}

bool classifier_run_layers(const uint8_t *input, classifier_visitor visit, void *context) {
    layer_watch watch = {visit, context};
    nn_set_hook(&interpreter, after_op, &watch);
    uint32_t stack_before = stack;
    bool ok = classifier_run(input);
    stack = stack_before;
    nn_set_hook(&interpreter, NULL, NULL);
    return ok;
}

uint64_t classifier_ticks(void) {
    return ticks;
}

uint32_t classifier_stack(void) {
    return stack;
}

uint32_t classifier_value_count(void) {
    nn_tensor output = classifier_output();
    return output.type == NN_FLOAT32 ? output.bytes / 4u : output.bytes;
}

/* In double, where it is exact: a value may lie right at the threshold. */
static double dequantize(const nn_tensor *tensor, int32_t value) {
    double scale = tensor->scale != 0 ? (double)tensor->scale : 1.0;
    return scale * ((double)value - (double)tensor->zero_point);
}

double classifier_value(uint32_t i) {
    nn_tensor output = classifier_output();
    switch (output.type) {
    case NN_INT8:
        return dequantize(&output, ((const int8_t *)output.data)[i]);
    case NN_UINT8:
        return dequantize(&output, ((const uint8_t *)output.data)[i]);
    default:
        return (double)((const float *)output.data)[i];
    }
}

static bool is_one_of(const char *name, const char *const *names) {
    while (*names != NULL && strcmp(name, *names) != 0) {
        names++;
    }
    return *names != NULL;
}

/* The host has the same rule: harness/tinyml_hil/model/decision.py. */
bool classifier_gives_probabilities(void) {
    static const char *const give_probabilities[] = {"LOGISTIC", "SOFTMAX", NULL};
    static const char *const give_what_they_get[] = {"QUANTIZE", "DEQUANTIZE",  "RESHAPE",
                                                     "SQUEEZE",  "EXPAND_DIMS", NULL};
    uint32_t last = classifier_op_count();
    while (last > 0 && is_one_of(classifier_op_name(last - 1u), give_what_they_get)) {
        last--;
    }
    return last > 0 && is_one_of(classifier_op_name(last - 1u), give_probabilities);
}

float classifier_threshold(void) {
    return classifier_gives_probabilities() ? 0.5f : 0.0f;
}

double classifier_score(uint32_t class) {
    if (classifier_value_count() > 1u) {
        return classifier_value(class);
    }
    double value = classifier_value(0);
    return class == 1u ? value : 2.0 * (double)classifier_threshold() - value;
}

uint32_t classifier_class(void) {
    uint32_t count = classifier_value_count();
    uint32_t best = 0;
    for (uint32_t i = 1; i < (count > 1u ? count : 2u); i++) {
        if (classifier_score(i) > classifier_score(best)) {
            best = i;
        }
    }
    return best;
}

uint32_t classifier_op_count(void) {
    return nn_op_count(&interpreter);
}

const char *classifier_op_name(uint32_t i) {
    return nn_op_name(&interpreter, i);
}

uint32_t classifier_op_output_count(uint32_t i) {
    return nn_op_output_count(&interpreter, i);
}

nn_tensor classifier_op_output(uint32_t i, uint32_t j) {
    return nn_op_output(&interpreter, i, j);
}

uint32_t classifier_arena_size(void) {
    return sizeof arena;
}

uint32_t classifier_arena_used(void) {
    return nn_arena_used(&interpreter);
}
