/* GATHER: any type, along one axis. What an index beyond the axis asks for, of those that are no
 * constants, is 0. */
#include <string.h>

#include "op.h"
#include "ops/list.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, INDICES };

typedef struct {
    int32_t rows;  /* before the axis */
    int32_t size;  /* of the axis */
    int32_t run;   /* bytes after the axis */
    int32_t count; /* of indices */
    int32_t width; /* bytes of an index */
} gather_params;

static int32_t count_of(const nn_tensor *indices) {
    return nn_count(indices, 0, indices->rank);
}

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(gather_params);
}

/* The output's dimensions are the input's, with those of the indices in place of the axis. */
static bool shape_fits(const nn_tensor *input, const nn_tensor *indices, const nn_tensor *output,
                       int32_t axis) {
    bool fits = output->rank == input->rank - 1 + indices->rank;
    for (int32_t d = 0; fits && d < output->rank; d++) {
        int32_t after = d - indices->rank + 1;
        int32_t wanted = d < axis                   ? input->dims[d]
                         : d < axis + indices->rank ? indices->dims[d - axis]
                                                    : input->dims[after];
        fits = output->dims[d] == wanted;
    }
    return fits;
}

static bool check_indices(nn_node *node, const nn_tensor *indices, int32_t size) {
    int32_t count = count_of(indices);
    for (int32_t i = 0; nn_is_list(indices, count) && i < count; i++) {
        int64_t index = nn_list_at(indices, i);
        if (index < 0 || index >= size) {
            return nn_fail(node, "index is out of range");
        }
    }
    return true;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor indices = nn_node_input(node, INDICES);
    nn_model_tensor output = nn_node_output(node, 0);
    gather_params *p = node->params;
    if (!nn_check_counts(node, 2, 2)) {
        return false;
    }
    if (indices.tensor.type != NN_INT32 && indices.tensor.type != NN_INT64) {
        return nn_fail(node, "types are not supported");
    }
    if (input.tensor.type != output.tensor.type || !nn_same_quantization(&input, &output)) {
        return nn_fail(node, "input and output must have the same type and quantization");
    }
    int32_t axis = nn_option_i32(node, GATHER_AXIS, 0);
    axis = axis < 0 ? axis + input.tensor.rank : axis;
    if (axis < 0 || axis >= input.tensor.rank || nn_option_i32(node, GATHER_BATCH_DIMS, 0) != 0) {
        return nn_fail(node, "axis or batch dimensions are not supported");
    }
    if (!shape_fits(&input.tensor, &indices.tensor, &output.tensor, axis)) {
        return nn_fail(node, "output has an unexpected shape");
    }
    p->rows = nn_count(&input.tensor, 0, axis);
    p->size = input.tensor.dims[axis];
    p->run =
        nn_count(&input.tensor, axis + 1, input.tensor.rank) * nn_element_size(input.tensor.type);
    p->count = count_of(&indices.tensor);
    p->width = nn_element_size(indices.tensor.type);
    return check_indices(node, &indices.tensor, p->size);
}

/* Index i, little-endian; less than 0 if it is beyond the axis. */
static int32_t index_at(const gather_params *p, const uint8_t *indices, int32_t i) {
    int32_t words[2] = {0, 0};
    memcpy(words, indices + i * p->width, (size_t)p->width);
    return words[1] == 0 && words[0] < p->size ? words[0] : -1;
}

static void invoke(const nn_node *node) {
    const gather_params *p = node->params;
    const uint8_t *input = nn_input_data(node, INPUT);
    const uint8_t *indices = nn_input_data(node, INDICES);
    uint8_t *output = nn_output_data(node, 0);
    for (int32_t i = 0; i < p->count; i++) {
        int32_t index = index_at(p, indices, i);
        for (int32_t row = 0; row < p->rows; row++) {
            uint8_t *place = output + (row * p->count + i) * p->run;
            if (index >= 0) {
                memcpy(place, input + (row * p->size + index) * p->run, (size_t)p->run);
            } else {
                memset(place, 0, (size_t)p->run);
            }
        }
    }
}

const nn_op nn_op_gather = {
    .name = "GATHER",
    .code = BUILTIN_GATHER,
    .options_type = OPTIONS_GATHER,
    .folding = NN_FOLDED_IF_CONSTANT,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
