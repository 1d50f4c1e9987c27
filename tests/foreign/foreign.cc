/* Firmware of somebody else: a runtime laid out like TensorFlow Lite for Microcontrollers, with two
 * kernels. It knows no protocol of ours.
 *
 * It infers in a loop; with ONCE at boot only, ten times, and prints a line each; with PROMPT when
 * it is told so, over a UART that it polls, with QUIET in no words that others know; with NEVER not
 * at all; with FAILS it says that it failed; with HANGS it does not return. */
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

asm(".section .tflite, \"a\"\n.balign 16\n.global model_start\nmodel_start:\n"
    ".incbin \"model.tflite\"\n.text\n");
extern "C" const uint8_t model_start[];

inline void *operator new(size_t, void *at) {
    return at;
}

namespace {

/* CMSDK APB UART 0 (Arm DDI 0479, 4.3). */
volatile uint32_t *const kUart = reinterpret_cast<volatile uint32_t *>(0x40004000u);

void Print(const char *text) {
    kUart[2] = 3;
    for (; *text != '\0'; text++) {
        while ((kUart[1] & 1u) != 0) {
        }
        kUart[0] = static_cast<uint8_t>(*text);
    }
}

[[maybe_unused]] char Read() {
    while ((kUart[1] & 2u) == 0) {
    }
    return static_cast<char>(kUart[0]);
}

} // namespace

/* The names, and the order of what is in them, are those of tensorflow/lite. */
typedef enum { kTfLiteOk = 0, kTfLiteError = 1 } TfLiteStatus;
typedef union {
    int8_t *int8;
    void *data;
} TfLitePtrUnion;
struct TfLiteIntArray {
    int size;
    int data[4];
};
struct TfLiteEvalTensor {
    TfLitePtrUnion data;
    TfLiteIntArray *dims;
    int type;
};
struct TfLiteNode {
    TfLiteIntArray *inputs;
    TfLiteIntArray *outputs;
};
struct TfLiteContext {
    TfLiteEvalTensor *tensors;
};
struct TFLMRegistration {
    void *(*init)(TfLiteContext *context);
    TfLiteStatus (*prepare)(TfLiteContext *context, TfLiteNode *node);
    TfLiteStatus (*invoke)(TfLiteContext *context, TfLiteNode *node);
};

namespace tflite {

struct NodeAndRegistration {
    TfLiteNode node;
    const TFLMRegistration *registration;
};
struct SubgraphAllocations {
    NodeAndRegistration *node_and_registrations;
    TfLiteEvalTensor *tensors;
};

class MicroGraph {
  public:
    virtual TfLiteStatus InvokeSubgraph(int index) = 0;
};

class MicroInterpreterGraph : public MicroGraph {
  public:
    MicroInterpreterGraph(TfLiteContext *context, SubgraphAllocations *allocations)
        : context_(context), subgraph_allocations_(allocations) {
    }
    TfLiteStatus InvokeSubgraph(int index) override;

  private:
    TfLiteContext *context_;
    SubgraphAllocations *subgraph_allocations_;
    int current_operator_index_ = 0;
};

class MicroInterpreter {
  public:
    MicroInterpreter(const uint8_t *model, SubgraphAllocations *allocations)
        : model_(model), context_{allocations->tensors}, graph_(&context_, allocations) {
    }
    TfLiteStatus Invoke();

  private:
    const uint8_t *model_;
    TfLiteContext context_;
    MicroInterpreterGraph graph_;
};

__attribute__((noinline)) TfLiteStatus MicroInterpreterGraph::InvokeSubgraph(int index) {
    SubgraphAllocations &graph = subgraph_allocations_[index];
    for (current_operator_index_ = 0; current_operator_index_ < 2; current_operator_index_++) {
        NodeAndRegistration &op = graph.node_and_registrations[current_operator_index_];
        TfLiteStatus status = op.registration->invoke(context_, &op.node);
        if (status != kTfLiteOk) {
            return status;
        }
    }
    return kTfLiteOk;
}

__attribute__((noinline)) TfLiteStatus MicroInterpreter::Invoke() {
#ifdef HANGS
    static volatile bool hangs = true;
    while (hangs) {
    }
#endif
    return graph_.InvokeSubgraph(0);
}

} // namespace tflite

/* What others have globals for. */
extern "C" {
int8_t *g_input, *g_output;
}

namespace {

/* The tensors, by their positions in the model: the image, a shape, the image as a row, weights,
 * bias, scores. */
enum { kImage, kShape, kRow, kWeights, kBias, kScores, kTensors };

alignas(16) uint8_t tensor_arena[256];

int8_t *Data(TfLiteContext *context, TfLiteIntArray *which, int i) {
    return context->tensors[which->data[i]].data.int8;
}

TfLiteStatus Reshape(TfLiteContext *context, TfLiteNode *node) {
    for (int i = 0; i < INPUTS; i++) {
        Data(context, node->outputs, 0)[i] = Data(context, node->inputs, 0)[i];
    }
    return kTfLiteOk;
}

TfLiteStatus FullyConnected(TfLiteContext *context, TfLiteNode *node) {
    fully_connected(Data(context, node->inputs, 0), Data(context, node->inputs, 1),
                    Data(context, node->outputs, 0));
#ifdef FAILS
    return kTfLiteError;
#else
    return kTfLiteOk;
#endif
}

const TFLMRegistration kReshape = {nullptr, nullptr, Reshape};
const TFLMRegistration kFullyConnected = {nullptr, nullptr, FullyConnected};
TfLiteIntArray reshape_in = {1, {kImage}}, reshape_out = {1, {kRow}};
TfLiteIntArray dense_in = {2, {kRow, kWeights}}, dense_out = {1, {kScores}};
TfLiteEvalTensor tensors[kTensors];
tflite::NodeAndRegistration ops[2];
tflite::SubgraphAllocations allocations;

tflite::MicroInterpreter *Setup() {
    static uint8_t room[sizeof(tflite::MicroInterpreter)] alignas(tflite::MicroInterpreter);
    tensors[kImage].data.data = tensor_arena;
    tensors[kRow].data.data = tensor_arena + 32;
    tensors[kWeights].data.data = const_cast<uint8_t *>(model_start + WEIGHTS_AT);
    tensors[kScores].data.data = tensor_arena + 64;
    ops[0] = {{&reshape_in, &reshape_out}, &kReshape};
    ops[1] = {{&dense_in, &dense_out}, &kFullyConnected};
    allocations = {ops, tensors};
    g_input = tensors[kImage].data.int8;
    g_output = tensors[kScores].data.int8;
    return new (room) tflite::MicroInterpreter(model_start, &allocations);
}

void PrintNumber(int value) {
    char digits[12];
    int length = 0;
    unsigned rest = static_cast<unsigned>(value < 0 ? -value : value);
    do {
        digits[length++] = static_cast<char>('0' + rest % 10u);
        rest /= 10u;
    } while (rest != 0);
    if (value < 0) {
        Print("-");
    }
    while (length > 0) {
        char digit[2] = {digits[--length], '\0'};
        Print(digit);
    }
}

[[maybe_unused]] void PrintScores(int image) {
    Print("image ");
    PrintNumber(image);
    Print(":");
    for (int i = 0; i < CLASSES; i++) {
        Print(" ");
        PrintNumber(g_output[i]);
    }
    Print("\r\n");
}

[[noreturn]] void Main() {
    tflite::MicroInterpreter *interpreter = Setup();
    Print("foreign firmware\r\n");
#if defined(ONCE)
    for (int image = 0; image < 10; image++) {
        for (int i = 0; i < INPUTS; i++) {
            g_input[i] = static_cast<int8_t>((image * 7 + i * 5) % 32 - 128);
        }
        (void)interpreter->Invoke();
        PrintScores(image);
    }
    for (;;) {
        asm volatile("wfi");
    }
#elif defined(PROMPT)
#ifndef QUIET
    Print("m-timeout-3000\r\nm-init-done\r\nm-ready\r\n");
#endif
    for (;;) {
        if (Read() == '%') {
            (void)interpreter->Invoke();
            Print("m-ready\r\n");
        }
    }
#elif defined(NEVER)
    (void)interpreter;
    for (volatile int turns = 0;; turns = turns + 1) {
    }
#else
    for (;;) {
        (void)interpreter->Invoke();
    }
#endif
}

} // namespace

extern "C" {

[[noreturn]] void reset() {
    Main();
}

[[noreturn]] void fault() {
    for (;;) {
    }
}

void *memset(void *at, int value, size_t size) {
    for (size_t i = 0; i < size; i++) {
        static_cast<volatile uint8_t *>(at)[i] = static_cast<uint8_t>(value);
    }
    return at;
}
}

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    0x20080000u, reinterpret_cast<uintptr_t>(reset), reinterpret_cast<uintptr_t>(fault),
    reinterpret_cast<uintptr_t>(fault)};
