/* Per-channel rescaling, as PopulateConvolutionQuantizationParams in
 * tflite/kernels/kernel_util.cc sets it up. */
#include "ops/channels.h"

#include <float.h>
#include <math.h>

#include "quantization.h"

uint32_t nn_channels_size(uint32_t own_size, int32_t channels) {
    uint32_t each = sizeof(int32_t) + sizeof(int8_t);
    /* A tensor has less than 2 GB, but five bytes for each of its elements may be more. */
    return channels > INT32_MAX / 8 ? INT32_MAX : own_size + (uint32_t)channels * each;
}

static bool check_bias(nn_node *node, const nn_model_tensor *bias, int32_t channels) {
    if (bias->tensor.bytes == 0) {
        return true;
    }
    if (bias->tensor.type != NN_INT32 || bias->tensor.zero_point != 0) {
        return nn_fail(node, "bias type is not supported");
    }
    if (nn_count(&bias->tensor, 0, bias->tensor.rank) != channels) {
        return nn_fail(node, "bias does not fit the filter");
    }
    return true;
}

/* LiteRT refuses such a bias for uint8. */
static bool check_bias_scale(nn_node *node, const nn_model_tensor *input,
                             const nn_model_tensor *filter, const nn_model_tensor *bias,
                             const nn_model_tensor *output) {
    double product = (double)input->tensor.scale * (double)filter->tensor.scale;
    double difference = fabs(product - (double)bias->tensor.scale);
    if (bias->tensor.bytes != 0 && !(difference / (double)output->tensor.scale <= 0.02)) {
        return nn_fail(node, "bias has another scale than the products");
    }
    return true;
}

bool nn_check_weights(nn_node *node, const nn_model_tensor *input, const nn_model_tensor *filter,
                      const nn_model_tensor *bias, const nn_model_tensor *output) {
    nn_type type = input->tensor.type;
    if (!nn_is_8_bit(type) || filter->tensor.type != type || output->tensor.type != type) {
        return nn_fail(node, "types are not supported");
    }
    if (input->tensor.rank != 4 || filter->tensor.rank != 4 || output->tensor.rank != 4) {
        return nn_fail(node, "input, filter and output must have four dimensions");
    }
    if (!nn_is_quantized(input) || !nn_is_quantized(output)) {
        return nn_fail(node, "input or output has no valid quantization");
    }
    if (type == NN_UINT8) {
        return (nn_is_quantized(filter) || nn_fail(node, "filter has no valid quantization")) &&
               check_bias(node, bias, output->tensor.dims[3]) &&
               check_bias_scale(node, input, filter, bias, output);
    }
    if (!nn_is_symmetric(node, filter)) {
        return nn_fail(node, "filter must have zero points of 0");
    }
    return check_bias(node, bias, output->tensor.dims[3]);
}

/* The product is in single precision for uint8, as in GetQuantizedConvolutionMultipler. */
static double multiplier_of(const nn_model_tensor *input, float filter_scale,
                            const nn_model_tensor *output) {
    float input_scale = input->tensor.scale;
    double product = NN_WITH_UINT8 && input->tensor.type == NN_UINT8
                         ? (double)(input_scale * filter_scale)
                         : (double)input_scale * (double)filter_scale;
    return product / (double)output->tensor.scale;
}

bool nn_prepare_channels(nn_node *node, uint32_t own_size, const nn_model_tensor *input,
                         const nn_model_tensor *filter, const nn_model_tensor *output,
                         int32_t channels) {
    bool per_channel = filter->scales.count > 1;
    int32_t dimension = filter->quantized_dimension;
    if (filter->scales.count == 0 ||
        (per_channel && (filter->scales.count != (uint32_t)channels || dimension < 0 ||
                         dimension > 3 || filter->tensor.dims[dimension] != channels))) {
        return nn_fail(node, "filter has no valid quantization");
    }
    int32_t *multipliers = (int32_t *)(void *)((uint8_t *)node->params + own_size);
    int8_t *shifts = (int8_t *)(multipliers + channels);
    for (int32_t i = 0; i < channels; i++) {
        float scale = nn_channel_scale(node, filter, per_channel ? (uint32_t)i : 0);
        double real = multiplier_of(input, scale, output);
        int32_t shift;
        if (!(scale >= 0.0f && scale <= FLT_MAX) ||
            !nn_quantize_multiplier(real, &multipliers[i], &shift)) {
            return nn_fail(node, "filter scale is out of range");
        }
        shifts[i] = (int8_t)shift;
    }
    return true;
}

nn_channels nn_channels_of(const nn_node *node, uint32_t own_size, int32_t channels) {
    const uint8_t *start = (const uint8_t *)node->params + own_size;
    const int32_t *multipliers = (const int32_t *)(const void *)start;
    return (nn_channels){multipliers, (const int8_t *)(multipliers + channels)};
}
