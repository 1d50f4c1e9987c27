/* A model, ready to run. */

#include "app/classifier.h"

#include <string.h>

#include "app/blobs.h"
#include "app/ends.h"
#include "app/engine.h"
#include "app/stopwatch.h"
#include "app/text.h"
#include "bsp/bsp.h"
#include "build_info.h"

__attribute__((section(".arena"), aligned(NN_ALIGNMENT))) static uint8_t arena[BUILD_ARENA_SIZE];

static bool misfit; /* the engine runs the model, and it is no classifier */
static bool ready;
static uint64_t ticks;
static uint32_t stack;

/* Whether a type has a place at the edge of a classifier. */
static bool is_edge_type(nn_type type) {
    return type == NN_INT8 || type == NN_UINT8 || type == NN_FLOAT32 ||
           (NN_WITH_INT16 && type == NN_INT16);
}

static bool is_input_type(nn_type type) {
    return is_edge_type(type) || (BUILD_WITH_TENSORS && type == NN_INT32);
}

#if BUILD_WITH_TENSORS
static const char misfit_message[] =
    "inputs and first output must be int8, uint8, int16 or float32, inputs perhaps int32";
#else
static const char misfit_message[] = "must have one input and output, int8, uint8 or float32";
#endif

static bool are_edges_known(void) {
#if BUILD_WITH_TENSORS
    bool known = engine_input_count() > 0 && engine_output_count() > 0;
#else
    bool known = engine_input_count() == 1 && engine_output_count() == 1;
#endif
    for (uint32_t i = 0; known && i < ends_input_count(); i++) {
        known = is_input_type(engine_input(i).type);
    }
    return known && is_edge_type(engine_output(0).type);
}

bool classifier_use(const uint8_t *model, size_t model_size) {
    bool runs = engine_use(model, model_size, arena, sizeof arena);
    ready = runs && are_edges_known();
    misfit = runs && !ready;
    return ready;
}

bool classifier_init(void) {
    return classifier_use(blob_model, (size_t)(blob_model_end - blob_model));
}

bool classifier_ready(void) {
    return ready;
}

void classifier_print_error(void) {
    if (misfit) {
        text(misfit_message);
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
    for (uint32_t i = 0; i < ends_input_count(); i++) {
        nn_tensor tensor = engine_input(i);
        memcpy(tensor.data, input, tensor.bytes);
        input += tensor.bytes;
    }
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

/* How far the number of bytes is shifted to be that of elements. */
static uint32_t element_shift(nn_type type) {
    switch (type) {
    case NN_FLOAT32:
#if BUILD_WITH_TENSORS /* further outputs may have these */
    case NN_INT32:
        return 2;
    case NN_INT64:
        return 3;
#else
        return 2;
#endif
#if BUILD_WITH_TENSORS || NN_WITH_INT16
    case NN_INT16:
        return 1;
#endif
    default:
        return 0;
    }
}

uint32_t classifier_values_in(uint32_t output) {
    nn_tensor tensor = engine_output(output);
    return tensor.bytes >> element_shift(tensor.type);
}

/* In double, where it is exact: a value may lie right at the threshold. */
static double dequantize(const nn_tensor *tensor, int32_t value) {
    double scale = tensor->scale != 0 ? (double)tensor->scale : 1.0;
    return scale * ((double)value - (double)tensor->zero_point);
}

double classifier_value(uint32_t output, uint32_t i) {
    nn_tensor tensor = engine_output(output);
    switch (tensor.type) {
    case NN_INT8:
        return dequantize(&tensor, ((const int8_t *)tensor.data)[i]);
    case NN_UINT8:
        return dequantize(&tensor, ((const uint8_t *)tensor.data)[i]);
#if BUILD_WITH_TENSORS
    case NN_BOOL:
        return (double)((const uint8_t *)tensor.data)[i];
    case NN_INT32:
        return (double)((const int32_t *)tensor.data)[i];
    case NN_INT64:
        return (double)((const int64_t *)tensor.data)[i];
#endif
#if BUILD_WITH_TENSORS || NN_WITH_INT16
    case NN_INT16:
        return dequantize(&tensor, ((const int16_t *)tensor.data)[i]);
#endif
    default:
        return (double)((const float *)tensor.data)[i];
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

static uint32_t score_count(void) {
    return classifier_values_in(0) / ends_batch();
}

double classifier_score(uint32_t class) {
    if (score_count() > 1u) {
        return classifier_value(0, class);
    }
    double value = classifier_value(0, 0);
    return class == 1u ? value : 2.0 * (double)middle() - value;
}

uint32_t classifier_class(void) {
    uint32_t count = score_count();
#ifdef BUILD_THRESHOLD
    if (count == 1u) {
        return classifier_value(0, 0) > (double)classifier_threshold() ? 1u : 0u;
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
