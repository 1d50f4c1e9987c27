/* TensorFlow Lite for Microcontrollers, as the user's own checkout has it and has built it.
 *
 * An op's outputs are told right after it, when the arena still holds them. TFLM has no hook for
 * that in every way to build it, so each op is called through run_op(), which calls the user's
 * hook, if there is one. */

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include "app/engine.h"
#include "build_info.h"
#include "tensorflow/lite/micro/debug_log.h"
#include "tensorflow/lite/micro/kernels/kernel_util.h"
#include "tensorflow/lite/micro/memory_helpers.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"
#include "tensorflow/lite/schema/schema_utils.h"
#include "tflm_ops.h" /* TFLM_OPS(ADD): each kind of op that is linked, by the resolver's method; and
                         TFLM_CUSTOM_OPS(ADD): each of the user's own, by its file's name */

extern "C" {
#include "app/text.h"
}

static_assert(ENGINE_SCHEMA_VERSION == TFLITE_SCHEMA_VERSION, "TFLM reads another schema");

#define DECLARE(name) extern "C" const TFLMRegistration *tflm_custom_##name();
TFLM_CUSTOM_OPS(DECLARE)
#undef DECLARE

namespace {

#define COUNT(add) +1u
constexpr std::size_t custom_kinds = 0 TFLM_CUSTOM_OPS(COUNT);
constexpr std::size_t op_kinds = custom_kinds + 0 TFLM_OPS(COUNT);
#undef COUNT

engine_hook hook;
void *hook_context;
/* The op that was run last, and the place after its own in the graph. */
TfLiteContext *last_context;
TfLiteNode *last_node;
uint32_t next_op;

char message[192];
const tflite::Model *model;
bool has_variables;
tflite::MicroInterpreter *interpreter;

const flatbuffers::Vector<flatbuffers::Offset<tflite::Operator>> &operators() {
    return *model->subgraphs()->Get(0)->operators();
}

/* Whether a node is op i of the graph: its outputs are the model's own list of them. */
bool is_op(const TfLiteNode *node, uint32_t i) {
    const void *outputs = operators().Get(i)->outputs();
    return outputs == node->outputs;
}

/* The ops of the graph come one after the other; those of other subgraphs between them are none. */
void tell(TfLiteContext *context, TfLiteNode *node) {
    if (next_op < engine_op_count() && is_op(node, next_op)) {
        last_context = context;
        last_node = node;
        hook(hook_context, next_op);
        next_op++;
    }
}

/* The kernels as TFLM registers them, in the order in which they were asked for. */
std::array<const TFLMRegistration *, op_kinds> kernels;

template <std::size_t kind> TfLiteStatus run_op(TfLiteContext *context, TfLiteNode *node) {
    TfLiteStatus status = kernels[kind]->invoke(context, node);
    if (hook != nullptr && status == kTfLiteOk) {
        tell(context, node);
    }
    return status;
}

template <std::size_t... kinds> constexpr auto runners_of(std::index_sequence<kinds...>) {
    return std::array{run_op<kinds>...};
}

/* The same kernels, called through run_op(). */
std::array<TFLMRegistration, op_kinds> watched;

class Resolver : public tflite::MicroMutableOpResolver<op_kinds> {
    using Base = tflite::MicroMutableOpResolver<op_kinds>;

  public:
    Resolver() {
        add_custom_ops();
#define ADD(add) (void)add();
        TFLM_OPS(ADD)
#undef ADD
    }

    const TFLMRegistration *FindOp(tflite::BuiltinOperator op) const override {
        return watch(Base::FindOp(op));
    }

    const TFLMRegistration *FindOp(const char *custom) const override {
        return watch(Base::FindOp(custom));
    }

  private:
    void add_custom_ops() {
#define ADD(name) (void)AddCustom(tflm_custom_##name()->custom_name, tflm_custom_##name());
        TFLM_CUSTOM_OPS(ADD)
#undef ADD
    }

    static const TFLMRegistration *watch(const TFLMRegistration *found) {
        static constexpr auto runners = runners_of(std::make_index_sequence<op_kinds>());
        if (found == nullptr) {
            return nullptr;
        }
        std::size_t kind = 0;
        while (kernels[kind] != nullptr && kernels[kind] != found) {
            kind++;
        }
        kernels[kind] = found;
        watched[kind] = *found;
        watched[kind].invoke = runners[kind];
        return &watched[kind];
    }
};

/* Where an object is made, anew for each model, without a heap. */
template <typename T> struct Room { alignas(T) unsigned char bytes[sizeof(T)]; };

Room<Resolver> resolver_room;
Room<tflite::MicroInterpreter> interpreter_room;

bool fail(const char *why) {
    if (message[0] == '\0') {
        (void)std::snprintf(message, sizeof message, "%s", why);
    }
    return false;
}

nn_type type_of(TfLiteType type) {
    switch (type) {
    case kTfLiteFloat32:
        return NN_FLOAT32;
    case kTfLiteInt8:
        return NN_INT8;
    case kTfLiteUInt8:
        return NN_UINT8;
    case kTfLiteInt16:
        return NN_INT16;
    case kTfLiteInt32:
        return NN_INT32;
    case kTfLiteInt64:
        return NN_INT64;
    default: /* what is no input or output of a classifier, as this */
        return NN_BOOL;
    }
}

nn_tensor tensor_of(const TfLiteTensor &tensor) {
    nn_tensor result = {};
    result.data = tensor.data.data;
    result.bytes = static_cast<uint32_t>(tensor.bytes);
    result.type = type_of(tensor.type);
    result.rank = std::min(tensor.dims->size, NN_MAX_RANK);
    std::copy_n(tensor.dims->data, result.rank, result.dims);
    result.scale = tensor.params.scale;
    result.zero_point = tensor.params.zero_point;
    return result;
}

/* Whether tensors keep what they hold from one inference to the next. */
bool finds_variables() {
    const auto &tensors = *model->subgraphs()->Get(0)->tensors();
    return std::any_of(tensors.begin(), tensors.end(),
                       [](const tflite::Tensor *tensor) { return tensor->is_variable(); });
}

/* TFLM trusts a model. What is linked in was looked at on the host; what is loaded was not. */
bool is_well_formed(const uint8_t *file, std::size_t file_size) {
    if constexpr (BUILD_WITH_MODEL_LOAD) {
        flatbuffers::Verifier verifier(file, file_size);
        return tflite::VerifyModelBuffer(verifier);
    }
    return tflite::ModelBufferHasIdentifier(file);
}

/* TFLM says what is wrong in lines of its own; without them, what failed is all that is known. */
bool allocate() {
    if (interpreter->initialization_status() != kTfLiteOk) {
        return fail("TFLM does not take the model");
    }
    return interpreter->AllocateTensors() == kTfLiteOk || fail("AllocateTensors() failed");
}

} // namespace

/* What TFLM prints is an error's text: one line after the other, as far as there is room. */
extern "C" void DebugLog(const char *format, va_list arguments) {
    std::size_t used = std::strlen(message);
    std::size_t start = used == 0 ? 0 : std::min(used + 2, sizeof message - 1);
    (void)std::vsnprintf(message + start, sizeof message - start, format, arguments);
    std::size_t end = start + std::strlen(message + start);
    while (end > start && message[end - 1] <= ' ') {
        end--;
    }
    message[end] = '\0';
    if (end > start && start == used + 2) {
        message[used] = ';';
        message[used + 1] = ' ';
    }
}

extern "C" int DebugVsnprintf(char *buffer, std::size_t size, const char *format,
                              va_list arguments) {
    return std::vsnprintf(buffer, size, format, arguments);
}

/* There is no heap: whoever asks for memory gets none. */
extern "C" void *_sbrk(std::ptrdiff_t) {
    return reinterpret_cast<void *>(-1);
}

/* Of what has a virtual destructor and lies in a room of its own. */
void operator delete(void *) noexcept {
}

void operator delete(void *, std::size_t) noexcept {
}

bool engine_use(const uint8_t *file, size_t file_size, uint8_t *arena, size_t arena_size) {
    message[0] = '\0';
    if (!is_well_formed(file, file_size)) {
        return fail("not a .tflite model, or a damaged one");
    }
    model = tflite::GetModel(file);
    if (model->version() != TFLITE_SCHEMA_VERSION) {
        return fail("has another schema version");
    }
    has_variables = finds_variables();
    if (interpreter != nullptr) {
        interpreter->~MicroInterpreter();
    }
    kernels = {};
    auto *resolver = new (resolver_room.bytes) Resolver;
    interpreter =
        new (interpreter_room.bytes) tflite::MicroInterpreter(model, *resolver, arena, arena_size);
    return allocate();
}

void engine_print_error(void) {
    text(message);
}

uint32_t engine_input_count(void) {
    return static_cast<uint32_t>(interpreter->inputs_size());
}

uint32_t engine_output_count(void) {
    return static_cast<uint32_t>(interpreter->outputs_size());
}

nn_tensor engine_input(uint32_t i) {
    return tensor_of(*interpreter->input(i));
}

nn_tensor engine_output(uint32_t i) {
    return tensor_of(*interpreter->output(i));
}

/* No input sees what another has left behind, in whatever order they come. */
bool engine_invoke(void) {
    message[0] = '\0';
    next_op = 0;
    if (has_variables && interpreter->Reset() != kTfLiteOk) {
        return fail("Reset() failed");
    }
    return interpreter->Invoke() == kTfLiteOk || fail("Invoke() failed");
}

void engine_set_hook(engine_hook wanted, void *context) {
    hook = wanted;
    hook_context = context;
}

uint32_t engine_op_count(void) {
    return operators().size();
}

const char *engine_op_name(uint32_t i) {
    const tflite::OperatorCode *code =
        model->operator_codes()->Get(operators().Get(i)->opcode_index());
    if (code->custom_code() != nullptr) {
        return code->custom_code()->c_str();
    }
    return tflite::EnumNameBuiltinOperator(tflite::GetBuiltinCode(code));
}

uint32_t engine_op_output_count(uint32_t i) {
    return operators().Get(i)->outputs()->size();
}

nn_tensor engine_op_output(uint32_t i, uint32_t j) {
    (void)i;
    const TfLiteEvalTensor *output =
        tflite::micro::GetEvalOutput(last_context, last_node, static_cast<int>(j));
    nn_tensor result = {};
    std::size_t bytes = 0;
    (void)tflite::TfLiteEvalTensorByteLength(output, &bytes);
    result.data = output->data.data;
    result.bytes = static_cast<uint32_t>(bytes);
    result.type = type_of(output->type);
    return result;
}

uint32_t engine_arena_used(void) {
    return static_cast<uint32_t>(interpreter->arena_used_bytes());
}
