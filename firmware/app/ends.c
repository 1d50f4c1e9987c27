/* What a model takes and gives, where that is more than one tensor, or more than one input. */

#include "app/ends.h"

#if BUILD_WITH_TENSORS

uint32_t ends_input_bytes(void) {
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < engine_input_count(); i++) {
        bytes += engine_input(i).bytes;
    }
    return bytes;
}

uint32_t ends_output_bytes(void) {
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < engine_output_count(); i++) {
        bytes += engine_output(i).bytes;
    }
    return bytes;
}

static uint32_t first_dimension(nn_tensor tensor) {
    return tensor.rank > 1 ? (uint32_t)tensor.dims[0] : 1u;
}

/* The host has the same rule: harness/tinyml_hil/model/tensors.py. */
uint32_t ends_batch(void) {
    uint32_t batch = first_dimension(engine_input(0));
    for (uint32_t i = 1; i < engine_input_count(); i++) {
        batch = first_dimension(engine_input(i)) == batch ? batch : 1u;
    }
    for (uint32_t i = 0; i < engine_output_count(); i++) {
        batch = first_dimension(engine_output(i)) == batch ? batch : 1u;
    }
    return batch;
}

#endif
