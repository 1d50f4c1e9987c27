/* Firmware with the C interfaces of ST Edge AI, the older one or, with STAI, the newer; each
 * computes the model of this folder. It infers once. */
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

__asm__(".section .tflite, \"a\"\n.balign 16\n.global model_start\nmodel_start:\n"
        ".incbin \"model.tflite\"\n.text\n");
extern const uint8_t model_start[];

static int8_t activations[64];
static int8_t scores[CLASSES];

static const int8_t *weights(void) {
    return (const int8_t *)(model_start + WEIGHTS_AT);
}

#ifdef STAI

typedef struct {
    int8_t *input;
    int8_t *output;
} stai_network;
typedef enum { STAI_SUCCESS = 0, STAI_ERROR_GENERIC = 0x20000 } stai_return_code;
typedef enum { STAI_MODE_SYNC = 1 } stai_run_mode;
typedef uint8_t *stai_ptr;
typedef uint32_t stai_size;

__attribute__((noinline)) stai_return_code
stai_small_get_inputs(stai_network *network, stai_ptr *inputs, stai_size *n_inputs) {
    *n_inputs = 1;
    inputs[0] = (stai_ptr)network->input;
    return STAI_SUCCESS;
}

__attribute__((noinline)) stai_return_code
stai_small_get_outputs(stai_network *network, stai_ptr *outputs, stai_size *n_outputs) {
    *n_outputs = 1;
    outputs[0] = (stai_ptr)network->output;
    return STAI_SUCCESS;
}

__attribute__((noinline)) stai_return_code stai_small_run(stai_network *network,
                                                          const stai_run_mode mode) {
    (void)mode;
    fully_connected(network->input, weights(), network->output);
    return STAI_SUCCESS;
}

static void infer(void) {
    static stai_network network = {activations, scores};
    stai_ptr data[1];
    stai_size count;
    if (stai_small_get_inputs(&network, data, &count) == STAI_SUCCESS &&
        stai_small_get_outputs(&network, data, &count) == STAI_SUCCESS) {
        (void)stai_small_run(&network, STAI_MODE_SYNC);
    }
}

#else

typedef void *ai_handle;
typedef struct {
    uint32_t format;
    ai_handle data;
    void *meta_info;
    uint32_t flags;
    uint32_t size;
} ai_buffer;

__attribute__((noinline)) int32_t ai_small_run(ai_handle network, const ai_buffer *input,
                                               ai_buffer *output) {
    (void)network;
    fully_connected(input->data, weights(), output->data);
    return 1;
}

static void infer(void) {
    static ai_buffer input = {0, activations, NULL, 0, INPUTS};
    static ai_buffer output = {0, scores, NULL, 0, CLASSES};
    (void)ai_small_run(NULL, &input, &output);
}

#endif

_Noreturn void reset(void);

void reset(void) {
    infer();
    for (;;) {
    }
}

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
    0x20080000u, (uintptr_t)reset, (uintptr_t)reset, (uintptr_t)reset};
