/* Padding, as tflite/kernels/padding.h computes it. */
#include "ops/window.h"

#include "schema.h"

/* Keeps every product of an axis within 32 bits. */
enum { MAX_EXTENT = 32767 };

static bool in_range(int32_t extent) {
    return extent >= 1 && extent <= MAX_EXTENT;
}

static bool prepare_axis(nn_node *node, nn_axis *axis, uint8_t padding, nn_axis_options options,
                         int32_t input, int32_t output) {
    if (!in_range(options.filter) || !in_range(options.stride) || !in_range(options.dilation) ||
        !in_range(input)) {
        return nn_fail(node, "filter, stride, dilation or image size is out of range");
    }
    if (padding != PADDING_SAME && padding != PADDING_VALID) {
        return nn_fail(node, "padding is not supported");
    }
    int32_t extent = (options.filter - 1) * options.dilation + 1;
    int32_t room = padding == PADDING_SAME ? input : input - extent + 1;
    int32_t expected = room <= 0 ? 0 : (room + options.stride - 1) / options.stride;
    if (output != expected) {
        return nn_fail(node, "output has an unexpected shape");
    }
    int32_t total = (output - 1) * options.stride + extent - input;
    *axis = (nn_axis){
        .input = input,
        .output = output,
        .filter = options.filter,
        .stride = options.stride,
        .dilation = options.dilation,
        .padding = total > 0 ? total / 2 : 0,
    };
    return true;
}

nn_window_options nn_window_options_of(nn_node *node, const nn_tensor *filter) {
    return (nn_window_options){
        .padding = nn_option_u8(node, CONV_2D_PADDING, PADDING_SAME),
        .y = {.filter = filter->dims[1],
              .stride = nn_option_i32(node, CONV_2D_STRIDE_H, 0),
              .dilation = 1},
        .x = {.filter = filter->dims[2],
              .stride = nn_option_i32(node, CONV_2D_STRIDE_W, 0),
              .dilation = 1},
    };
}

nn_window_options nn_pool_options(nn_node *node) {
    return (nn_window_options){
        .padding = nn_option_u8(node, POOL_2D_PADDING, PADDING_SAME),
        .y = {.filter = nn_option_i32(node, POOL_2D_FILTER_H, 0),
              .stride = nn_option_i32(node, POOL_2D_STRIDE_H, 0),
              .dilation = 1},
        .x = {.filter = nn_option_i32(node, POOL_2D_FILTER_W, 0),
              .stride = nn_option_i32(node, POOL_2D_STRIDE_W, 0),
              .dilation = 1},
    };
}

bool nn_prepare_axes(nn_node *node, nn_axis *y, nn_axis *x, const nn_window_options *options,
                     const nn_tensor *input, const nn_tensor *output) {
    uint8_t padding = options->padding;
    return prepare_axis(node, y, padding, options->y, input->dims[1], output->dims[1]) &&
           prepare_axis(node, x, padding, options->x, input->dims[2], output->dims[2]);
}

/* By how much the output up to the end of row y is longer than the input before the window of
 * row y. */
static int64_t lead_of_row(const nn_axis *axis, int32_t y, int64_t input_row, int64_t output_row) {
    int32_t first = y * axis->stride - axis->padding;
    return (y + 1) * output_row - (first > 0 ? first : 0) * input_row;
}

static uint32_t lead_of_rows(const nn_axis *axis, int32_t input_row, int32_t output_row) {
    /* Above the first window that starts within the image it grows with y; from there on it is
     * linear. */
    int32_t within = (axis->padding + axis->stride - 1) / axis->stride;
    int32_t last = axis->output - 1;
    int32_t rows[] = {within - 1, within, last};
    int64_t lead = 0;
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int32_t y = rows[i] > last ? last : rows[i];
        int64_t needed = lead_of_row(axis, y, input_row, output_row);
        lead = needed > lead ? needed : lead;
    }
    return lead < NN_NO_LEAD ? (uint32_t)lead : NN_NO_LEAD;
}

uint32_t nn_window_lead(nn_node *node, const nn_window_options *options) {
    nn_model_tensor input = nn_node_input(node, 0);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_axis y;
    nn_axis x;
    if (input.tensor.dims[0] != 1 ||
        !nn_prepare_axes(node, &y, &x, options, &input.tensor, &output.tensor)) {
        return NN_NO_LEAD;
    }
    return lead_of_rows(&y, nn_count(&input.tensor, 2, 4), nn_count(&output.tensor, 2, 4));
}
