/* Fuzzes the view of the FlatBuffer: everything that can be read of a model is, and what was read
 * lies inside the model. */
#include <stdlib.h>

#include "block.h"
#include "model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
    if (!holds) {
        abort();
    }
}

static void read_tensor(const nn_model *model, uint32_t i) {
    nn_model_tensor read;
    if (nn_model_read_tensor(model, i, &read) != NULL) {
        return;
    }
    const uint8_t *first = read.tensor.data;
    const uint8_t *end = model->fb.data + model->fb.size;
    require(read.tensor.bytes > 0 && read.tensor.rank <= NN_MAX_RANK);
    require(first == NULL || (first >= model->fb.data && read.tensor.bytes <= end - first));
}

static void read_operator(const nn_model *model, uint32_t i) {
    nn_model_operator read;
    if (nn_model_read_operator(model, i, &read) != NULL) {
        return;
    }
    nn_flatbuffer fb = model->fb;
    for (uint32_t j = 0; j < read.inputs.count; j++) {
        (void)nn_fb_i32_at(&fb, &read.inputs, j);
    }
    for (uint32_t slot = 0; slot < 16u; slot++) {
        (void)nn_fb_i32(&fb, &read.options, slot, 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *block = block_of(data, size);
    nn_model model;
    if (nn_model_open(&model, block, size) == NULL) {
        for (uint32_t i = 0; i < model.tensors.count; i++) {
            read_tensor(&model, i);
        }
        for (uint32_t i = 0; i < model.operators.count; i++) {
            read_operator(&model, i);
        }
    }
    free(block);
    return 0;
}
