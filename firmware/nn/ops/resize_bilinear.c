/* RESIZE_BILINEAR: int8. */
#include "kernels/resize.h"
#include "op.h"
#include "ops/ops.h"
#include "ops/resize.h"
#include "schema.h"

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_bilinear_params);
}

/* As ResizeBilinearInteger of tflite's reference/resize_bilinear.h. Its step is rounded, so that
 * the last elements of a much larger output may lie beyond the input: it reads there, this refuses.
 */
static bool prepare_axis(nn_node *node, nn_bilinear_axis *axis, int32_t input, int32_t output,
                         bool aligns_corners, bool has_half_pixels) {
    bool between_corners = aligns_corners && output > 1;
    int32_t from = between_corners ? input - 1 : input;
    int32_t to = between_corners ? output - 1 : output;
    int32_t step = (NN_BILINEAR_ONE * from + to / 2) / to;
    *axis = (nn_bilinear_axis){
        .input = input,
        .output = output,
        .step = step,
        .start = has_half_pixels ? step / 2 - NN_BILINEAR_ONE / 2 : 0,
    };
    return nn_between_at(axis, output - 1).lower < input ||
           nn_fail(node, "output is too much larger than the input");
}

static bool prepare(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    nn_bilinear_params *p = node->params;
    if (!nn_check_resize(node, &input, &output)) {
        return false;
    }
    if (input.tensor.type != NN_INT8) {
        return nn_fail(node, "types are not supported");
    }
    bool corners = nn_option_u8(node, RESIZE_BILINEAR_ALIGN_CORNERS, 0) != 0;
    bool half = nn_option_u8(node, RESIZE_BILINEAR_HALF_PIXEL_CENTERS, 0) != 0;
    if (corners && half) {
        return nn_fail(node, "aligned corners and half pixel centers exclude each other");
    }
    const int32_t *from = input.tensor.dims;
    const int32_t *to = output.tensor.dims;
    p->batches = from[0];
    p->channels = from[3];
    return prepare_axis(node, &p->y, from[1], to[1], corners, half) &&
           prepare_axis(node, &p->x, from[2], to[2], corners, half);
}

static void invoke(const nn_node *node) {
    nn_resize_bilinear_s8(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_resize_bilinear = {
    .name = "RESIZE_BILINEAR",
    .code = BUILTIN_RESIZE_BILINEAR,
    .options_type = OPTIONS_RESIZE_BILINEAR,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
