/* Padding, as tflite/kernels/padding.h computes it. */
#include "ops/window.h"

#include "schema.h"

/* Keeps every product of an axis within 32 bits. */
enum { MAX_EXTENT = 32767 };

static bool in_range(int32_t extent) {
    return extent >= 1 && extent <= MAX_EXTENT;
}

/* An axis whose stride and dilation, if it has one, are options. */
typedef struct {
    uint32_t stride_slot;
    int32_t filter;
    int32_t dilation;
    int32_t input;
    int32_t output;
} description;

static bool prepare_axis(nn_node *node, nn_axis *axis, const description *d) {
    uint8_t padding = nn_option_u8(node, WINDOW_PADDING, PADDING_SAME);
    int32_t stride = nn_option_i32(node, d->stride_slot, 0);
    if (!in_range(d->filter) || !in_range(stride) || !in_range(d->dilation) ||
        !in_range(d->input)) {
        return nn_fail(node, "filter, stride, dilation or image size is out of range");
    }
    if (padding != PADDING_SAME && padding != PADDING_VALID) {
        return nn_fail(node, "padding is not supported");
    }
    int32_t extent = (d->filter - 1) * d->dilation + 1;
    int32_t room = padding == PADDING_SAME ? d->input : d->input - extent + 1;
    int32_t expected = room <= 0 ? 0 : (room + stride - 1) / stride;
    if (d->output != expected) {
        return nn_fail(node, "output has an unexpected shape");
    }
    int32_t total = (d->output - 1) * stride + extent - d->input;
    *axis = (nn_axis){
        .input = d->input,
        .output = d->output,
        .filter = d->filter,
        .stride = stride,
        .dilation = d->dilation,
        .padding = total > 0 ? total / 2 : 0,
    };
    return true;
}

bool nn_prepare_axes(nn_node *node, nn_axis *y, nn_axis *x, const nn_window *window,
                     const nn_tensor *input, const nn_tensor *output) {
    const description of_y = {WINDOW_STRIDE_H, window->filter_y, window->dilation_y, input->dims[1],
                              output->dims[1]};
    const description of_x = {WINDOW_STRIDE_W, window->filter_x, window->dilation_x, input->dims[2],
                              output->dims[2]};
    return prepare_axis(node, y, &of_y) && prepare_axis(node, x, &of_x);
}

nn_window nn_pool_window(nn_node *node) {
    return (nn_window){
        .filter_y = nn_option_i32(node, POOL_2D_FILTER_H, 0),
        .filter_x = nn_option_i32(node, POOL_2D_FILTER_W, 0),
        .dilation_y = 1,
        .dilation_x = 1,
    };
}

/* How far the output, up to element i of an axis, gets ahead of the input before the window of that
 * element, at most; in bytes, of which no tensor has more than INT32_MAX. */
static int32_t most_ahead(const nn_axis *axis, int32_t input_step, int32_t output_step) {
    /* It grows until the first window that starts within the image; from there on it is linear. */
    int32_t within = (axis->padding + axis->stride - 1) / axis->stride;
    int32_t last = axis->output - 1;
    int32_t elements[] = {within - 1, within, last};
    int32_t most = 0;
    for (uint32_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        int32_t at = elements[i] > last ? last : elements[i];
        int32_t first = at * axis->stride - axis->padding;
        int32_t ahead = at * output_step - (first > 0 ? first : 0) * input_step;
        most = ahead > most ? ahead : most;
    }
    return most;
}

uint32_t nn_window_lead(nn_node *node, const nn_window *window, bool by_position) {
    nn_model_tensor read = nn_node_input(node, 0);
    nn_model_tensor written = nn_node_output(node, 0);
    const nn_tensor *input = &read.tensor;
    const nn_tensor *output = &written.tensor;
    nn_axis y;
    nn_axis x;
    if (input->dims[0] != 1 || !nn_prepare_axes(node, &y, &x, window, input, output)) {
        return NN_NO_LEAD;
    }
    int32_t row = nn_count(output, 2, 4);
    int32_t lead = most_ahead(&y, nn_count(input, 2, 4), row);
    lead += by_position ? most_ahead(&x, input->dims[3], output->dims[3]) + output->dims[3] : row;
    return (uint32_t)lead;
}
