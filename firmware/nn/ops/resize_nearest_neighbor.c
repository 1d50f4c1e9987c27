/* RESIZE_NEAREST_NEIGHBOR: any type. */
#include "kernels/resize.h"
#include "op.h"
#include "ops/ops.h"
#include "ops/resize.h"
#include "schema.h"

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_nearest_params);
}

/* In single precision, as tflite's reference/resize_nearest_neighbor.h. */
static nn_nearest_axis axis_of(int32_t input, int32_t output, bool aligns_corners,
                               bool has_half_pixels) {
    bool between_corners = aligns_corners && output > 1;
    return (nn_nearest_axis){
        .input = input,
        .output = output,
        .scale = between_corners ? (float)(input - 1) / (float)(output - 1)
                                 : (float)input / (float)output,
        .offset = has_half_pixels ? 0.5f : 0.0f,
        .rounds = aligns_corners,
    };
}

static bool prepare(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    nn_nearest_params *p = node->params;
    if (!nn_check_resize(node, &input, &output)) {
        return false;
    }
    const int32_t *from = input.tensor.dims;
    const int32_t *to = output.tensor.dims;
    bool corners = nn_option_u8(node, RESIZE_NEAREST_NEIGHBOR_ALIGN_CORNERS, 0) != 0;
    bool half = nn_option_u8(node, RESIZE_NEAREST_NEIGHBOR_HALF_PIXEL_CENTERS, 0) != 0;
    *p = (nn_nearest_params){
        .y = axis_of(from[1], to[1], corners, half),
        .x = axis_of(from[2], to[2], corners, half),
        .batches = from[0],
        .point = from[3] * nn_element_size(input.tensor.type),
    };
    return true;
}

static void invoke(const nn_node *node) {
    nn_resize_nearest(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_resize_nearest_neighbor = {
    .name = "RESIZE_NEAREST_NEIGHBOR",
    .code = BUILTIN_RESIZE_NEAREST_NEIGHBOR,
    .options_type = OPTIONS_RESIZE_NEAREST_NEIGHBOR,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
