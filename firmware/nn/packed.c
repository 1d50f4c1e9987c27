/* Unpacks weights of 4 bits before the op that reads them runs. */
#include "packed.h"

#include "kernels/unpack.h"

/* Reads the weights among an op's inputs; whether they are packed. */
static bool read_packed(const nn_interpreter *interpreter, const nn_vector *inputs,
                        nn_model_tensor *read) {
    int32_t index =
        inputs->count > NN_WEIGHTS ? nn_tensor_index(interpreter, inputs, NN_WEIGHTS) : -1;
    return index >= 0 && nn_model_read_tensor(&interpreter->model, (uint32_t)index, read) == NULL &&
           read->tensor.type == NN_INT4;
}

uint32_t nn_unpacked_size(const nn_interpreter *interpreter, const nn_vector *inputs) {
    nn_model_tensor read;
    if (!read_packed(interpreter, inputs, &read)) {
        return 0;
    }
    return nn_aligned((uint32_t)nn_count(&read.tensor, 0, read.tensor.rank), NN_ALIGNMENT);
}

void *nn_unpack_weights(nn_interpreter *interpreter, const nn_record *record) {
    uint8_t *scratch = interpreter->arena + (record->scratch == NN_NOWHERE ? 0 : record->scratch);
    const nn_vector inputs = nn_inputs_of(record);
    nn_model_tensor read;
    if (!read_packed(interpreter, &inputs, &read)) {
        return scratch;
    }
    nn_unpack_s4(read.tensor.data, (int8_t *)scratch, nn_count(&read.tensor, 0, read.tensor.rank));
    int32_t index = nn_tensor_index(interpreter, &inputs, NN_WEIGHTS);
    nn_locations(interpreter)[index] = record->scratch;
    return scratch + nn_unpacked_size(interpreter, &inputs);
}
