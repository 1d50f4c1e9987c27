/* Runs TensorFlow Lite for Microcontrollers on the host, with ops of the user's own: for the
 * harness.
 *
 * Requests and answers are those of nn_run.c, without layers.
 *
 *     tflm_run custom
 *
 * tells the names that the ops of the user's own are registered by, one a line, and ends. */
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "app/engine.h"
#include "tensorflow/lite/micro/micro_common.h"
#include "tflm_ops.h"

#define DECLARE(name) extern "C" const TFLMRegistration *tflm_custom_##name();
TFLM_CUSTOM_OPS(DECLARE)
#undef DECLARE

namespace {

struct Request {
    uint32_t model_size;
    uint32_t arena_size;
    uint32_t runs;
    uint32_t input_size;
};

/* TFLM plans in what the tensors leave of an arena: what it has used in the end is too little. */
constexpr uint32_t planning = 1u << 20;

using Block = std::unique_ptr<uint8_t, decltype(&std::free)>;

[[noreturn]] void die(const char *why) {
    std::fprintf(stderr, "tflm_run: %s\n", why);
    std::exit(2);
}

Block block_of(std::size_t size) {
    void *block = nullptr;
    if (posix_memalign(&block, NN_ALIGNMENT, size + 1) != 0) {
        die("no memory");
    }
    return {static_cast<uint8_t *>(block), std::free};
}

Block read_block(std::size_t size) {
    Block block = block_of(size);
    if (std::fread(block.get(), 1, size, stdin) != size) {
        die("request ends early");
    }
    return block;
}

void print_error() {
    std::printf("{\"error\": {\"message\": \"");
    engine_print_error();
    std::printf("\"}}\n");
}

void print_set_up() {
    std::printf("{\"arena_used\": %u, \"layers\": [], \"outputs\": [",
                engine_arena_used() + planning);
    for (uint32_t i = 0; i < engine_output_count(); i++) {
        nn_tensor output = engine_output(i);
        std::printf("%s{\"shape\": [", i == 0 ? "" : ", ");
        for (int32_t d = 0; d < output.rank; d++) {
            std::printf("%s%d", d == 0 ? "" : ", ", output.dims[d]);
        }
        std::printf("]}");
    }
    std::printf("]}\n");
}

void run(const uint8_t *inputs) {
    for (uint32_t i = 0; i < engine_input_count(); i++) {
        nn_tensor input = engine_input(i);
        std::memcpy(input.data, inputs, input.bytes);
        inputs += input.bytes;
    }
    if (!engine_invoke()) {
        engine_print_error();
        die("does not run");
    }
    for (uint32_t i = 0; i < engine_output_count(); i++) {
        nn_tensor output = engine_output(i);
        std::fwrite(output.data, 1, output.bytes, stdout);
    }
}

void serve(const Request &request) {
    Block model = read_block(request.model_size);
    Block inputs = read_block(std::size_t{request.runs} * request.input_size);
    Block arena = block_of(request.arena_size);
    if (!engine_use(model.get(), request.model_size, arena.get(), request.arena_size)) {
        print_error();
        return;
    }
    print_set_up();
    for (uint32_t i = 0; i < request.runs; i++) {
        run(inputs.get() + std::size_t{i} * request.input_size);
    }
}

int tell_custom_ops() {
#define TELL(name)                                                                                 \
    {                                                                                              \
        const char *told = tflm_custom_##name()->custom_name;                                      \
        std::puts(told == nullptr ? "" : told);                                                    \
    }
    TFLM_CUSTOM_OPS(TELL)
#undef TELL
    return 0;
}

} // namespace

/* Inside a string of JSON. */
extern "C" void text(const char *string) {
    for (; *string != '\0'; string++) {
        bool is_plain = *string >= ' ' && *string <= '~' && *string != '"' && *string != '\\';
        std::putchar(is_plain ? *string : '?');
    }
}

int main(int argument_count, char **arguments) {
    if (argument_count == 2 && std::strcmp(arguments[1], "custom") == 0) {
        return tell_custom_ops();
    }
    Request request;
    while (std::fread(&request, sizeof request, 1, stdin) == 1) {
        serve(request);
        std::fflush(stdout);
    }
    return 0;
}
