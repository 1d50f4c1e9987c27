/* The project's own engine, firmware/nn. */

#include "app/engine.h"
#include "app/text.h"
#include "build_info.h"
#include "nn/nn.h"

_Static_assert(ENGINE_SCHEMA_VERSION == NN_SCHEMA_VERSION, "the engine reads another schema");

static nn_interpreter interpreter;
static nn_error error;

bool engine_use(const uint8_t *model, size_t model_size, uint8_t *arena, size_t arena_size) {
    return nn_init(&interpreter, model, model_size, nn_all_ops, arena, arena_size, &error);
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

static void print_needed(void) {
    text(": ");
    text_u64(BUILD_ARENA_SIZE);
    text(" bytes, ");
    text_u64(error.needed);
    text(" needed");
}

void engine_print_error(void) {
    if (error.op_index >= 0) {
        print_op();
    }
    if (error.op_name == NULL && error.op_code >= 0) {
        print_missing_op();
    } else {
        text(error.message);
    }
    if (error.needed > 0) {
        print_needed();
    }
}

uint32_t engine_input_count(void) {
    return nn_input_count(&interpreter);
}

uint32_t engine_output_count(void) {
    return nn_output_count(&interpreter);
}

nn_tensor engine_input(uint32_t i) {
    return nn_input(&interpreter, i);
}

nn_tensor engine_output(uint32_t i) {
    return nn_output(&interpreter, i);
}

/* No input sees what another has left behind, in whatever order they come. */
bool engine_invoke(void) {
    if (NN_WITH_STATE) {
        nn_reset(&interpreter);
    }
    return nn_invoke(&interpreter, &error);
}

void engine_set_hook(engine_hook hook, void *context) {
    nn_set_hook(&interpreter, hook, context);
}

uint32_t engine_op_count(void) {
    return nn_op_count(&interpreter);
}

const char *engine_op_name(uint32_t i) {
    return nn_op_name(&interpreter, i);
}

uint32_t engine_op_output_count(uint32_t i) {
    return nn_op_output_count(&interpreter, i);
}

nn_tensor engine_op_output(uint32_t i, uint32_t j) {
    return nn_op_output(&interpreter, i, j);
}

uint32_t engine_arena_used(void) {
    return nn_arena_used(&interpreter);
}
