/* HARD_SWISH: int8 or uint8. The 16-bit fixed-point arithmetic of tflite's reference/hard_swish.h,
 * for each of the 256 inputs once. */
#include "fixed_point.h"
#include "op.h"
#include "ops/arithmetic.h"
#include "ops/lookup.h"
#include "ops/ops.h"
#include "quantization.h"
#include "schema.h"

/* The inputs are shifted left by so many bits, to use 16 of them. */
enum { EXTRA_BITS = 7 };

/* A larger shift to the right is not defined of 16 bits. */
enum { MOST_RIGHT = 15 };

typedef struct {
    int32_t multiplier; /* of 16 bits */
    int32_t exponent;
} factor;

static int32_t saturated_16(int64_t x) {
    x = x < INT16_MIN ? INT16_MIN : x;
    return x > INT16_MAX ? INT16_MAX : (int32_t)x;
}

/* DownScaleInt32ToInt16Multiplier of tflite/kernels/internal/common.h. */
static bool prepare_factor(nn_node *node, factor *f, nn_real real) {
    int32_t multiplier;
    if (!nn_quantize_multiplier((double)real, &multiplier, &f->exponent) ||
        f->exponent < -MOST_RIGHT) {
        return nn_fail(node, "scale of input or output is out of range");
    }
    f->multiplier = saturated_16(((int64_t)multiplier + (1 << 15)) >> 16);
    return true;
}

/* gemmlowp::SaturatingRoundingDoublingHighMul of int16_t, the second one positive. */
static int32_t rounded_high_mul(int32_t a, int32_t b) {
    int32_t product = a * b;
    return (product + (product >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15);
}

/* The input on a scale where 3 is 2^15. */
static int32_t reluish_value(const factor *reluish, int32_t hires) {
    int32_t value = hires;
    int32_t left = reluish->exponent;
    if (left > 0) {
        value = saturated_16((int64_t)value * (1LL << (left - 1)));
    }
    value = rounded_high_mul(value, reluish->multiplier);
    return left > 0 ? saturated_16(2 * (int64_t)value) : nn_rounding_shift_right(value, -left);
}

static int32_t hard_swish(const factor *output, const factor *reluish, int32_t difference) {
    int32_t hires = difference * (1 << EXTRA_BITS);
    int32_t preshift = rounded_high_mul(hires, output->multiplier);
    int32_t gate = (reluish_value(reluish, hires) + (1 << 15)) >> 1; /* 0 to 2^15 - 1 */
    return nn_rounding_shift_right(gate * preshift / (1 << 15), -output->exponent);
}

static void tabulate(nn_lookup_params *p, const nn_tensor *input, const nn_tensor *output,
                     const factor *to_output, const factor *reluish) {
    for (int32_t value = nn_lowest(input->type); value <= nn_highest(input->type); value++) {
        int32_t result = hard_swish(to_output, reluish, value - input->zero_point);
        /* The original's sum wraps at 16 bits. */
        nn_set_result(p, output, value, (int16_t)(result + output->zero_point));
    }
}

static bool prepare(nn_node *node) {
    nn_model_tensor input;
    nn_model_tensor output;
    factor to_output;
    factor reluish;
    if (!nn_prepare_lookup(node, true, &input, &output)) {
        return false;
    }
    const float hires = 1.0f / (1 << EXTRA_BITS);
    float scale = input.tensor.scale;
    if (!prepare_factor(node, &to_output, nn_product_scale(hires, scale, output.tensor.scale)) ||
        !prepare_factor(node, &reluish, nn_product_scale(hires, scale, 3.0f / 32768.0f))) {
        return false;
    }
    if (to_output.exponent > 0) {
        return nn_fail(node, "output scale is too small for the input");
    }
    tabulate(node->params, &input.tensor, &output.tensor, &to_output, &reluish);
    return true;
}

const nn_op nn_op_hard_swish = {
    .name = "HARD_SWISH",
    .code = BUILTIN_HARD_SWISH,
    .options_type = OPTIONS_HARD_SWISH,
    .in_place = 1,
    .params_size = nn_lookup_size,
    .prepare = prepare,
    .invoke = nn_invoke_lookup,
};
