/* Runs the engine on the host, for tests and for the harness: many models in one process.
 *
 * It reads requests from standard input until that ends. All numbers are 32-bit, little-endian:
 *
 *     model bytes, arena bytes, runs, bytes of all inputs of one run
 *     the model
 *     for each run: all its inputs, one after the other
 *
 * It answers each with one line of JSON, and then, if that has no "error", for each run output 0 of
 * every op in turn ("layers") and all outputs of the graph, raw. An offset is one in the arena, or
 * -1 for a constant.
 *
 * Model and arena lie in blocks of exactly their size.
 *
 *     nn_run custom
 *
 * tells the names of the custom ops that it has, one a line, and ends. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "nn.h"
#include "op.h"
#include "schema.h"

typedef struct {
    uint32_t model_size;
    uint32_t arena_size;
    uint32_t runs;
    uint32_t input_size;
} request;

static void die(const char *why) {
    fprintf(stderr, "nn_run: %s\n", why);
    exit(2);
}

static void read_all(void *data, size_t size) {
    if (fread(data, 1, size, stdin) != size) {
        die("request ends early");
    }
}

static long offset_in(const nn_interpreter *interpreter, const nn_tensor *tensor) {
    const uint8_t *data = tensor->data;
    const uint8_t *arena = interpreter->arena;
    bool inside = data >= arena && data < arena + interpreter->arena_used;
    return inside ? (long)(data - arena) : -1;
}

static void print_tensor(const nn_interpreter *interpreter, nn_tensor tensor, uint32_t position) {
    uint32_t scale_bits;
    memcpy(&scale_bits, &tensor.scale, sizeof scale_bits);
    printf("%s{\"type\": %d, \"bytes\": %" PRIu32 ", \"offset\": %ld, \"scale_bits\": %" PRIu32
           ", \"zero_point\": %" PRId32 ", \"shape\": [",
           position == 0 ? "" : ", ", (int)tensor.type, tensor.bytes,
           offset_in(interpreter, &tensor), scale_bits, tensor.zero_point);
    for (int32_t d = 0; d < tensor.rank; d++) {
        printf("%s%" PRId32, d == 0 ? "" : ", ", tensor.dims[d]);
    }
    printf("]}");
}

static void print_error(const nn_error *error) {
    printf("{\"error\": {\"message\": \"%s\", \"op_name\": ", error->message);
    printf(error->op_name == NULL ? "null" : "\"%s\"", error->op_name);
    printf(", \"op_index\": %" PRId32 ", \"op_code\": %" PRId32 ", \"needed\": %" PRIu32 "}}\n",
           error->op_index, error->op_code, error->needed);
}

static void print_set_up(const nn_interpreter *interpreter) {
    printf("{\"arena_used\": %" PRIu32 ", \"inputs\": [", nn_arena_used(interpreter));
    for (uint32_t i = 0; i < nn_input_count(interpreter); i++) {
        print_tensor(interpreter, nn_input(interpreter, i), i);
    }
    printf("], \"outputs\": [");
    for (uint32_t i = 0; i < nn_output_count(interpreter); i++) {
        print_tensor(interpreter, nn_output(interpreter, i), i);
    }
    printf("], \"layers\": [");
    for (uint32_t i = 0; i < nn_op_count(interpreter); i++) {
        printf("%s{\"op\": \"%s\", ", i == 0 ? "" : ", ", nn_op_name(interpreter, i));
        printf("\"output\": ");
        if (nn_op_output_count(interpreter, i) > 0) {
            print_tensor(interpreter, nn_op_output(interpreter, i, 0), 0);
        } else {
            printf("null");
        }
        printf("}");
    }
    printf("]}\n");
}

static void write_layer(void *context, uint32_t op) {
    const nn_interpreter *interpreter = context;
    if (nn_op_output_count(interpreter, op) == 0) {
        return;
    }
    nn_tensor output = nn_op_output(interpreter, op, 0);
    fwrite(output.data, 1, output.bytes, stdout);
}

static void run(nn_interpreter *interpreter, const uint8_t *inputs) {
    nn_error error;
    for (uint32_t i = 0; i < nn_input_count(interpreter); i++) {
        nn_tensor input = nn_input(interpreter, i);
        memcpy(input.data, inputs, input.bytes);
        inputs += input.bytes;
    }
    if (!nn_invoke(interpreter, &error)) {
        die(error.message);
    }
    for (uint32_t i = 0; i < nn_output_count(interpreter); i++) {
        nn_tensor output = nn_output(interpreter, i);
        fwrite(output.data, 1, output.bytes, stdout);
    }
}

static bool inputs_fit(const nn_interpreter *interpreter, const request *r) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < nn_input_count(interpreter); i++) {
        total += nn_input(interpreter, i).bytes;
    }
    return r->runs == 0 || total == r->input_size;
}

static void serve(const request *r, const uint8_t *model, uint8_t *arena, const uint8_t *inputs) {
    nn_interpreter interpreter;
    nn_error error;
    if (!nn_init(&interpreter, model, r->model_size, nn_all_ops, arena, r->arena_size, &error)) {
        print_error(&error);
        return;
    }
    if (!inputs_fit(&interpreter, r)) {
        printf("{\"error\": {\"message\": \"nn_run: inputs have another size\"}}\n");
        return;
    }
    print_set_up(&interpreter);
    nn_set_hook(&interpreter, write_layer, &interpreter);
    for (uint32_t i = 0; i < r->runs; i++) {
        run(&interpreter, inputs + (size_t)i * r->input_size);
    }
}

static int tell_custom_ops(void) {
    for (nn_resolver op = nn_all_ops; *op != NULL; op++) {
        if ((*op)->code == BUILTIN_CUSTOM) {
            puts((*op)->name);
        }
    }
    return 0;
}

int main(int argument_count, char **arguments) {
    request r;
    if (argument_count == 2 && strcmp(arguments[1], "custom") == 0) {
        return tell_custom_ops();
    }
    while (fread(&r, sizeof r, 1, stdin) == 1) {
        uint8_t *model = block_new(r.model_size);
        uint8_t *arena = block_new(r.arena_size);
        uint8_t *inputs = block_new((size_t)r.runs * r.input_size);
        read_all(model, r.model_size);
        read_all(inputs, (size_t)r.runs * r.input_size);
        serve(&r, model, arena, inputs);
        fflush(stdout);
        free(inputs);
        free(arena);
        free(model);
    }
    return 0;
}
