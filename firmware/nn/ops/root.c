/* ABS, NEG, RSQRT and SQRT: int8. LiteRT computes them element by element; here they are tables. Of
 * negative numbers, at which LiteRT gives up, the roots are those of 0. */
#include <math.h>

#include "fixed_point.h"
#include "op.h"
#include "ops/lookup.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

/* AbsEvalQuantized of tflite/kernels/elementwise.cc. */
static bool prepare_abs(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    int32_t multiplier;
    int32_t shift;
    if (!nn_prepare_lookup(node, false, &input, &output)) {
        return false;
    }
    float real = input.tensor.scale / output.tensor.scale;
    if (!nn_quantize_multiplier((double)real, &multiplier, &shift)) {
        return nn_fail(node, "output scale is too small for the input");
    }
    for (int32_t value = INT8_MIN; value <= INT8_MAX; value++) {
        int32_t difference = value - input.tensor.zero_point;
        int32_t magnitude = difference < 0 ? -difference : difference;
        if (input.tensor.scale != output.tensor.scale) {
            magnitude = nn_multiply(magnitude, multiplier, shift);
        }
        nn_set_result(node->params, &output.tensor, value,
                      nn_wrapping_add(magnitude, output.tensor.zero_point));
    }
    return true;
}

/* LiteRT takes no notice of scales and zero points; the converter leaves it in float32. */
static bool prepare_neg(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    if (!nn_prepare_lookup(node, false, &input, &output)) {
        return false;
    }
    for (int32_t value = INT8_MIN; value <= INT8_MAX; value++) {
        nn_set_result(node->params, &output.tensor, value, (int8_t)-value);
    }
    return true;
}

/* Bits by which RSQRT's inverse root is shifted left, to keep it an integer. */
enum { ROOT_BITS = 20 };

/* RsqrtEvalQuantizedInt8 of tflite/kernels/elementwise.cc. */
static int32_t inverse_root(int32_t x, int32_t multiplier, int32_t shift) {
    int32_t root_shift;
    int32_t root = nn_inverse_sqrt(x, &root_shift);
    int32_t shifted = nn_multiply(1, root, root_shift + ROOT_BITS);
    return nn_multiply(shifted, multiplier, shift - ROOT_BITS);
}

static bool prepare_rsqrt(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    int32_t multiplier;
    int32_t shift;
    if (!nn_prepare_lookup(node, false, &input, &output)) {
        return false;
    }
    double real = 1.0 / (double)(sqrtf(input.tensor.scale) * output.tensor.scale);
    if (!nn_quantize_multiplier(real, &multiplier, &shift) || shift < ROOT_BITS - 31) {
        return nn_fail(node, "scale of input or output is out of range");
    }
    for (int32_t value = INT8_MIN; value <= INT8_MAX; value++) {
        int32_t x = value - input.tensor.zero_point;
        int32_t result = INT8_MAX;
        if (x > 0) {
            result = nn_wrapping_add(inverse_root(x, multiplier, shift), output.tensor.zero_point);
        }
        nn_set_result(node->params, &output.tensor, value, result);
    }
    return true;
}

/* SqrtEvalQuantized of tflite/kernels/elementwise.cc. */
static bool prepare_sqrt(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    if (!nn_prepare_lookup(node, false, &input, &output)) {
        return false;
    }
    for (int32_t value = INT8_MIN; value <= INT8_MAX; value++) {
        int32_t x = value - input.tensor.zero_point;
        float root = sqrtf(input.tensor.scale * (float)(x > 0 ? x : 0));
        nn_set_result(
            node->params, &output.tensor, value,
            nn_wrapping_add(nn_truncated(root / output.tensor.scale), output.tensor.zero_point));
    }
    return true;
}

const nn_op nn_op_abs = {
    .name = "ABS",
    .code = BUILTIN_ABS,
    .options_type = OPTIONS_ABS,
    .in_place = 1,
    .params_size = nn_lookup_size,
    .prepare = prepare_abs,
    .invoke = nn_invoke_lookup,
};

const nn_op nn_op_neg = {
    .name = "NEG",
    .code = BUILTIN_NEG,
    .options_type = OPTIONS_NEG,
    .in_place = 1,
    .params_size = nn_lookup_size,
    .prepare = prepare_neg,
    .invoke = nn_invoke_lookup,
};

const nn_op nn_op_rsqrt = {
    .name = "RSQRT",
    .code = BUILTIN_RSQRT,
    .options_type = OPTIONS_NONE,
    .in_place = 1,
    .params_size = nn_lookup_size,
    .prepare = prepare_rsqrt,
    .invoke = nn_invoke_lookup,
};

const nn_op nn_op_sqrt = {
    .name = "SQRT",
    .code = BUILTIN_SQRT,
    .options_type = OPTIONS_NONE,
    .in_place = 1,
    .params_size = nn_lookup_size,
    .prepare = prepare_sqrt,
    .invoke = nn_invoke_lookup,
};
