/* Fuzzes nn_init(), and whatever a model that it takes lets one do. */
#include <stdlib.h>

#include "block.h"
#include "nn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The arena holds ic01; the size bounds the work of an inference: no byte of output takes more
 * multiplications than the model has bytes. */
enum { ARENA_SIZE = 48 * 1024, MOST_BYTES_TO_INVOKE = 8 * 1024 };

/* Reads all of the op's output, so that it has to lie where it may be read. */
static void read_output(void *context, uint32_t op) {
    if (nn_op_output_count(context, op) == 0) {
        return;
    }
    nn_tensor output = nn_op_output(context, op, 0);
    uint8_t *copy = block_of(output.data, output.bytes);
    free(copy);
}

static void fill_inputs(nn_interpreter *interpreter) {
    for (uint32_t i = 0; i < nn_input_count(interpreter); i++) {
        nn_tensor input = nn_input(interpreter, i);
        memset(input.data, 0x5a, input.bytes);
    }
}

static void invoke(nn_interpreter *interpreter) {
    nn_error error;
    nn_set_hook(interpreter, read_output, interpreter);
    fill_inputs(interpreter);
    if (!nn_invoke(interpreter, &error)) {
        abort();
    }
    for (uint32_t i = 0; i < nn_output_count(interpreter); i++) {
        nn_tensor output = nn_output(interpreter, i);
        free(block_of(output.data, output.bytes));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *model = block_of(data, size);
    uint8_t *arena = block_new(ARENA_SIZE);
    nn_interpreter interpreter;
    nn_error error;
    bool ready = nn_init(&interpreter, model, size, nn_all_ops, arena, ARENA_SIZE, &error);
    if (ready && size <= MOST_BYTES_TO_INVOKE) {
        invoke(&interpreter);
    } else if (!ready && error.message == NULL) {
        abort();
    }
    free(arena);
    free(model);
    return 0;
}
