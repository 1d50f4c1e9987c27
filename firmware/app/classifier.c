/* A model, ready to run. */

#include "app/classifier.h"

#include <string.h>

#include "app/blobs.h"
#include "app/engine.h"
#include "app/stopwatch.h"
#include "app/text.h"
#include "bsp/bsp.h"
#include "build_info.h"

__attribute__((section(".arena"), aligned(NN_ALIGNMENT))) static uint8_t arena[BUILD_ARENA_SIZE];

static const char *misfit;
static bool ready;
static uint64_t ticks;
static uint32_t stack;

/* Whether a type has a place at the edge of a classifier. */
static bool is_edge_type(nn_type type) {
    return type == NN_INT8 || type == NN_UINT8 || type == NN_FLOAT32;
}

/* Why a model that the engine runs is no classifier; NULL if it is one. */
static const char *check_edges(void) {
    if (engine_input_count() != 1 || engine_output_count() != 1) {
        return "must have one input and one output";
    }
    if (!is_edge_type(engine_input().type) || !is_edge_type(engine_output().type)) {
        return "input and output must be int8, uint8 or float32";
    }
    return NULL;
}

bool classifier_use(const uint8_t *model, size_t model_size) {
    misfit = NULL;
    ready = engine_use(model, model_size, arena, sizeof arena);
    if (ready) {
        misfit = check_edges();
        ready = misfit == NULL;
    }
    return ready;
}

bool classifier_init(void) {
    return classifier_use(blob_model, (size_t)(blob_model_end - blob_model));
}

bool classifier_ready(void) {
    return ready;
}

void classifier_print_error(void) {
    if (misfit != NULL) {
        text(misfit);
    } else {
        engine_print_error();
    }
}

void classifier_report_error(void) {
    text("e-[model: ");
    classifier_print_error();
    text_line("]");
}

bool classifier_run(const uint8_t *input) {
    nn_tensor tensor = engine_input();
    memcpy(tensor.data, input, tensor.bytes);
    bsp_stack_mark();
    stopwatch_start();
    bool ok = engine_invoke();
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
    engine_set_hook(after_op, &watch);
    uint32_t stack_before = stack;
    bool ok = classifier_run(input);
    stack = stack_before;
    engine_set_hook(NULL, NULL);
    return ok;
}

uint64_t classifier_ticks(void) {
    return ticks;
}

uint32_t classifier_stack(void) {
    return stack;
}

uint32_t classifier_value_count(void) {
    nn_tensor output = engine_output();
    return output.type == NN_FLOAT32 ? output.bytes / 4u : output.bytes;
}

/* In double, where it is exact: a value may lie right at the threshold. */
static double dequantize(const nn_tensor *tensor, int32_t value) {
    double scale = tensor->scale != 0 ? (double)tensor->scale : 1.0;
    return scale * ((double)value - (double)tensor->zero_point);
}

double classifier_value(uint32_t i) {
    nn_tensor output = engine_output();
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
    uint32_t last = engine_op_count();
    while (last > 0 && is_one_of(engine_op_name(last - 1u), give_what_they_get)) {
        last--;
    }
    return last > 0 && is_one_of(engine_op_name(last - 1u), give_probabilities);
}

/* The single value that speaks for both classes alike. */
__attribute__((noinline)) static float middle(void) {
    return classifier_gives_probabilities() ? 0.5f : 0.0f;
}

float classifier_threshold(void) {
#ifdef BUILD_THRESHOLD
    return BUILD_THRESHOLD;
#else
    return middle();
#endif
}

double classifier_score(uint32_t class) {
    if (classifier_value_count() > 1u) {
        return classifier_value(class);
    }
    double value = classifier_value(0);
    return class == 1u ? value : 2.0 * (double)middle() - value;
}

uint32_t classifier_class(void) {
    uint32_t count = classifier_value_count();
#ifdef BUILD_THRESHOLD
    if (count == 1u) {
        return classifier_value(0) > (double)classifier_threshold() ? 1u : 0u;
    }
#endif
    uint32_t best = 0;
    for (uint32_t i = 1; i < (count > 1u ? count : 2u); i++) {
        if (classifier_score(i) > classifier_score(best)) {
            best = i;
        }
    }
    return best;
}

uint32_t classifier_arena_size(void) {
    return sizeof arena;
}
