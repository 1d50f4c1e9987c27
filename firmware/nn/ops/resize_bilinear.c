/* RESIZE_BILINEAR: int8 or uint8. */
#include "kernels/resize.h"
#include "op.h"
#include "ops/ops.h"
#include "ops/resize.h"
#include "ops/resize_real.h"
#include "schema.h"

typedef struct {
    bool is_real; /* in real numbers, as LiteRT computes uint8 */
    union {
        nn_bilinear_params fixed;
        nn_resize_real_params real;
    } as;
} resize_params;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(resize_params);
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

static bool prepare_fixed(nn_node *node, nn_bilinear_params *p, const nn_tensor *input,
                          const nn_tensor *output) {
    bool corners = nn_option_u8(node, RESIZE_BILINEAR_ALIGN_CORNERS, 0) != 0;
    bool half = nn_option_u8(node, RESIZE_BILINEAR_HALF_PIXEL_CENTERS, 0) != 0;
    if (corners && half) {
        return nn_fail(node, "aligned corners and half pixel centers exclude each other");
    }
    const int32_t *from = input->dims;
    const int32_t *to = output->dims;
    p->batches = from[0];
    p->channels = from[3];
    return prepare_axis(node, &p->y, from[1], to[1], corners, half) &&
           prepare_axis(node, &p->x, from[2], to[2], corners, half);
}

static bool prepare(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    resize_params *p = node->params;
    if (!nn_check_resize(node, &input, &output)) {
        return false;
    }
    if (!nn_is_8_bit(input.tensor.type)) {
        return nn_fail(node, "types are not supported");
    }
    p->is_real = NN_WITH_UINT8 && input.tensor.type == NN_UINT8;
    return p->is_real ? nn_prepare_resize_real(node, &p->as.real, &input.tensor, &output.tensor)
                      : prepare_fixed(node, &p->as.fixed, &input.tensor, &output.tensor);
}

static void invoke(const nn_node *node) {
    const resize_params *p = node->params;
    if (NN_WITH_UINT8 && p->is_real) {
        nn_resize_bilinear_u8(&p->as.real, nn_input_data(node, 0), nn_output_data(node, 0));
    } else {
        nn_resize_bilinear_s8(&p->as.fixed, nn_input_data(node, 0), nn_output_data(node, 0));
    }
}

const nn_op nn_op_resize_bilinear = {
    .name = "RESIZE_BILINEAR",
    .code = BUILTIN_RESIZE_BILINEAR,
    .options_type = OPTIONS_RESIZE_BILINEAR,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
