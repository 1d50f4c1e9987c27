/* Parameters of bilinear resizing in real numbers. */
#include "ops/resize_real.h"

#include "schema.h"

static nn_real_axis axis_of(int32_t input, int32_t output, bool corners, bool is_centered) {
    bool between_corners = corners && output > 1;
    return (nn_real_axis){
        .input = input,
        .output = output,
        .scale = between_corners ? (float)(input - 1) / (float)(output - 1)
                                 : (float)input / (float)output,
        .is_centered = is_centered,
    };
}

bool nn_prepare_resize_real(nn_node *node, nn_resize_real_params *params, const nn_tensor *input,
                            const nn_tensor *output) {
    bool corners = nn_option_u8(node, RESIZE_BILINEAR_ALIGN_CORNERS, 0) != 0;
    bool half = nn_option_u8(node, RESIZE_BILINEAR_HALF_PIXEL_CENTERS, 0) != 0;
    if (corners && half) {
        return nn_fail(node, "aligned corners and half pixel centers exclude each other");
    }
    *params = (nn_resize_real_params){
        .y = axis_of(input->dims[1], output->dims[1], corners, half),
        .x = axis_of(input->dims[2], output->dims[2], corners, half),
        .batches = input->dims[0],
        .channels = input->dims[3],
    };
    return true;
}
