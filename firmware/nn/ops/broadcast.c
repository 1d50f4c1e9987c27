/* Broadcasting as numpy and TensorFlow have it: shapes are aligned at their ends, and a dimension
 * of 1 is repeated. */
#include "ops/broadcast.h"

#include <stddef.h>

/* Both inputs' view of one dimension of the output. */
typedef struct {
    int32_t size;
    int32_t a_stride;
    int32_t b_stride;
} dimension;

/* The size of dimension d counted from the end; 1 beyond the front. */
static int32_t dim_from_end(const nn_tensor *tensor, int32_t d) {
    return d < tensor->rank ? tensor->dims[tensor->rank - 1 - d] : 1;
}

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

static bool shapes_fit(const nn_tensor *a, const nn_tensor *b, const nn_tensor *output) {
    bool fit = output->rank == larger(a->rank, b->rank);
    for (int32_t d = 0; d < output->rank; d++) {
        int32_t size = dim_from_end(output, d);
        int32_t size_a = dim_from_end(a, d);
        int32_t size_b = dim_from_end(b, d);
        fit = fit && size == larger(size_a, size_b) && (size_a == size || size_a == 1) &&
              (size_b == size || size_b == 1);
    }
    return fit;
}

/* Adds a dimension around those before it: to the run while it just prolongs it, else as runs. */
static void wrap(nn_broadcast *broadcast, dimension dim) {
    if (dim.size == 1) {
        return;
    }
    if (broadcast->count == 1) {
        broadcast->count = dim.size;
        broadcast->a_step = dim.a_stride;
        broadcast->b_step = dim.b_stride;
        return;
    }
    if (broadcast->runs == 1 && dim.a_stride == broadcast->a_step * broadcast->count &&
        dim.b_stride == broadcast->b_step * broadcast->count) {
        broadcast->count *= dim.size;
        return;
    }
    if (broadcast->runs == 1) {
        broadcast->a.rank = 0;
        broadcast->b.rank = 0;
    }
    broadcast->runs *= dim.size;
    nn_grid_wrap(&broadcast->a, dim.size, dim.a_stride);
    nn_grid_wrap(&broadcast->b, dim.size, dim.b_stride);
}

static void find_runs(nn_broadcast *broadcast, const nn_tensor *a, const nn_tensor *b,
                      const nn_tensor *output) {
    int32_t a_stride = 1;
    int32_t b_stride = 1;
    broadcast->runs = 1;
    broadcast->count = 1;
    broadcast->a_step = 1;
    broadcast->b_step = 1;
    for (int32_t d = 0; d < output->rank; d++) {
        int32_t size_a = dim_from_end(a, d);
        int32_t size_b = dim_from_end(b, d);
        wrap(broadcast, (dimension){
                            .size = dim_from_end(output, d),
                            .a_stride = size_a == 1 ? 0 : a_stride,
                            .b_stride = size_b == 1 ? 0 : b_stride,
                        });
        a_stride *= size_a;
        b_stride *= size_b;
    }
}

uint32_t nn_broadcast_size(const nn_node *node) {
    nn_model_tensor a = nn_node_input(node, 0);
    nn_model_tensor b = nn_node_input(node, 1);
    bool same = nn_same_shape(&a.tensor, &b.tensor);
    return same ? offsetof(nn_broadcast, a) : sizeof(nn_broadcast);
}

bool nn_prepare_broadcast_shape(nn_node *node, nn_broadcast *broadcast, const nn_tensor *a,
                                const nn_tensor *b, const nn_tensor *output) {
    if (!nn_check_counts(node, 2, 2)) {
        return false;
    }
    if (!shapes_fit(a, b, output)) {
        return nn_fail(node, "output has an unexpected shape");
    }
    find_runs(broadcast, a, b, output);
    return true;
}

bool nn_prepare_broadcast(nn_node *node, nn_broadcast *broadcast, bool has_uint8,
                          const nn_model_tensor *a, const nn_model_tensor *b,
                          const nn_model_tensor *output) {
    nn_type type = a->tensor.type;
    if ((type != NN_INT8 && !(has_uint8 && nn_is_8_bit(type))) || b->tensor.type != type ||
        output->tensor.type != type) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_is_quantized(a) || !nn_is_quantized(b) || !nn_is_quantized(output)) {
        return nn_fail(node, "input or output has no valid quantization");
    }
    return nn_prepare_broadcast_shape(node, broadcast, &a->tensor, &b->tensor, &output->tensor);
}
