/* Where a dimension is open, one op after the other tells what it is. */
#include "infer.h"

#include "interpreter.h"
#include "ops/list.h"
#include "schema.h"
#include "state.h"

/* RESHAPE: the shape that input 1 tells; one dimension of it may be -1, for what is left. */
static bool infer_reshape(const nn_node *node, nn_tensor *output) {
    nn_tensor input = nn_node_input(node, 0).tensor;
    nn_tensor wanted = nn_node_input(node, 1).tensor;
    if (wanted.data == NULL || wanted.type != NN_INT32 || wanted.rank != 1 ||
        wanted.dims[0] > NN_MAX_RANK) {
        return false;
    }
    const int32_t *dims = wanted.data;
    int32_t elements = nn_count(&input, 0, input.rank);
    int32_t open = -1;
    output->rank = wanted.dims[0];
    for (int32_t d = 0; d < output->rank; d++) {
        output->dims[d] = dims[d];
        if (dims[d] == -1) {
            open = d;
        } else if (dims[d] <= 0 || elements % dims[d] != 0) {
            return false;
        } else {
            elements /= dims[d];
        }
    }
    if (open >= 0) {
        output->dims[open] = elements;
    }
    return true;
}

/* FULLY_CONNECTED: as many rows as there are. */
static bool infer_fully_connected(const nn_node *node, nn_tensor *output) {
    nn_tensor input = nn_node_input(node, 0).tensor;
    nn_tensor filter = nn_node_input(node, 1).tensor;
    if (filter.rank != 2 || output->rank != 2) { /* with the input's dimensions they are known */
        return false;
    }
    output->dims[0] = nn_count(&input, 0, input.rank) / filter.dims[1];
    output->dims[1] = filter.dims[0];
    return true;
}

/* Sets dimension d, if that is one. */
static bool set(nn_tensor *output, int32_t d, int64_t size) {
    bool fits = size >= 1 && size <= INT32_MAX;
    output->dims[d] = fits ? (int32_t)size : output->dims[d];
    return fits;
}

static bool is_extent(int64_t number) {
    return number >= 0 && number <= INT16_MAX;
}

/* SPACE_TO_BATCH_ND, and back: a batch for each point of a block. */
static bool infer_blocks(const nn_node *node, nn_tensor *output, bool to_batch) {
    nn_tensor input = nn_node_input(node, 0).tensor;
    nn_tensor block = nn_node_input(node, 1).tensor;
    nn_tensor edges = nn_node_input(node, 2).tensor;
    int32_t axes = input.rank - 2;
    int64_t points = 1;
    bool fits = axes >= 1 && axes <= 2 && output->rank == input.rank && nn_is_list(&block, axes) &&
                nn_is_list(&edges, 2 * axes);
    for (int32_t i = 0; fits && i < axes; i++) {
        int64_t size = nn_list_at(&block, i);
        int64_t before = nn_list_at(&edges, 2 * i);
        int64_t after = nn_list_at(&edges, 2 * i + 1);
        int64_t image = input.dims[i + 1];
        fits = size > 0 && is_extent(size) && is_extent(before) && is_extent(after) &&
               set(output, i + 1,
                   to_batch ? (image + before + after) / size : image * size - before - after);
        points *= size;
    }
    return fits && set(output, 0, to_batch ? input.dims[0] * points : input.dims[0] / points);
}

/* Whether the file leaves dimension d of a tensor among inputs or outputs open. */
static bool is_open(const nn_node *node, const nn_vector *vector, uint32_t i, int32_t d) {
    int32_t index = nn_tensor_index(node->interpreter, vector, i);
    return index >= 0 &&
           nn_model_is_dim_open(&node->interpreter->model, (uint32_t)index, (uint32_t)d);
}

/* A window, along one axis. */
typedef struct {
    int64_t filter;
    int64_t stride;
    int64_t dilation;
    bool is_same; /* padding */
} window;

static window window_of(const nn_node *node, int32_t d) {
    nn_node read = *node; /* whose view of the options notes what is malformed */
    nn_tensor filter = nn_node_input(node, 1).tensor;
    bool is_y = d == 1;
    window w = {
        .filter = filter.dims[d],
        .stride = nn_option_i32(&read, is_y ? WINDOW_STRIDE_H : WINDOW_STRIDE_W, 0),
        .dilation = 1,
        .is_same = nn_option_u8(&read, WINDOW_PADDING, PADDING_SAME) == PADDING_SAME,
    };
    switch (node->op->code) {
    case BUILTIN_CONV_2D:
        w.dilation = nn_option_i32(&read, is_y ? CONV_2D_DILATION_H : CONV_2D_DILATION_W, 1);
        break;
    case BUILTIN_DEPTHWISE_CONV_2D:
        w.dilation = nn_option_i32(
            &read, is_y ? DEPTHWISE_CONV_2D_DILATION_H : DEPTHWISE_CONV_2D_DILATION_W, 1);
        break;
    default:
        w.filter = nn_option_i32(&read, is_y ? POOL_2D_FILTER_H : POOL_2D_FILTER_W, 0);
        break;
    }
    return w;
}

/* Convolutions and pools; as tflite/kernels/padding.h. */
static bool infer_window(const nn_node *node, nn_tensor *output) {
    nn_tensor input = nn_node_input(node, 0).tensor;
    bool fits = input.rank == 4 && output->rank == 4 && set(output, 0, input.dims[0]);
    for (int32_t d = 1; fits && d <= 2; d++) {
        if (!is_open(node, &node->outputs, 0, d)) {
            continue;
        }
        window w = window_of(node, d);
        fits = is_extent(w.filter) && is_extent(w.dilation) && is_extent(w.stride) && w.stride > 0;
        int64_t extent = fits ? (w.filter - 1) * w.dilation + 1 : 0;
        int64_t room = w.is_same ? input.dims[d] : input.dims[d] - extent + 1;
        fits = fits && set(output, d, (room + w.stride - 1) / w.stride);
    }
    return fits;
}

/* EXPAND_DIMS and SQUEEZE: the only open dimension is what is left of the elements. */
static bool infer_from_size(const nn_node *node, nn_tensor *output) {
    nn_tensor input = nn_node_input(node, 0).tensor;
    int32_t left = nn_count(&input, 0, input.rank);
    int32_t open = -1;
    for (int32_t d = 0; d < output->rank; d++) {
        if (!is_open(node, &node->outputs, 0, d)) {
            left /= output->dims[d];
        } else if (open < 0) {
            open = d;
        } else {
            return false;
        }
    }
    return open >= 0 && set(output, open, left);
}

/* All others: a dimension that is open in input and output is mostly the same. The file has 1 where
 * the converter did not know it; any other number is somebody's who did. */
static bool infer_alike(const nn_node *node, uint32_t i, nn_tensor *output) {
    bool found = false;
    for (uint32_t j = 0; !found && j < node->inputs.count; j++) {
        nn_tensor input = nn_node_input(node, j).tensor;
        for (int32_t d = 0; input.rank == output->rank && d < input.rank; d++) {
            if (is_open(node, &node->outputs, i, d) && is_open(node, &node->inputs, j, d)) {
                output->dims[d] = output->dims[d] == 1 ? input.dims[d] : output->dims[d];
                found = true;
            }
        }
    }
    return found;
}

bool nn_infer_shape(const nn_node *node, uint32_t i, nn_tensor *output) {
    switch (node->op->code) {
    case BUILTIN_RESHAPE:
        return infer_reshape(node, output);
    case BUILTIN_FULLY_CONNECTED:
        return infer_fully_connected(node, output);
    case BUILTIN_SPACE_TO_BATCH_ND:
        return infer_blocks(node, output, true);
    case BUILTIN_BATCH_TO_SPACE_ND:
        return infer_blocks(node, output, false);
    case BUILTIN_EXPAND_DIMS:
    case BUILTIN_SQUEEZE:
        return infer_from_size(node, output);
    case BUILTIN_AVERAGE_POOL_2D:
    case BUILTIN_CONV_2D:
    case BUILTIN_DEPTHWISE_CONV_2D:
    case BUILTIN_MAX_POOL_2D:
        return infer_window(node, output);
    default:
        return infer_alike(node, i, output);
    }
}
