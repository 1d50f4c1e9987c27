/* Hybrid layers in plain C. How an image is quantized is as tflite/kernels/internal/optimized/
 * neon_tensor_utils.cc does it, which the reference kernels use on an x86-64 host, too. */
#include "kernels/hybrid.h"

#include <math.h>
#include <string.h>

#include "fixed_point.h"

/* How an image is quantized. */
typedef struct {
    float scale;
    int32_t zero_point;
} quantization;

typedef struct {
    float min;
    float max;
} extent;

static extent extent_of(const float *values, int32_t count) {
    extent found = {values[0], values[0]};
    for (int32_t i = 1; i < count; i++) {
        found.min = values[i] < found.min ? values[i] : found.min;
        found.max = values[i] > found.max ? values[i] : found.max;
    }
    return found;
}

/* Values that the original takes so many at a time, and rounds in another way than those that are
 * left over. */
enum { LANES = 8 };

static void quantize_all(const float *values, int32_t count, float inverse, int32_t zero_point,
                         int32_t lowest, int8_t *quantized) {
    int32_t whole = count - count % LANES;
    for (int32_t i = 0; i < count; i++) {
        float scaled = values[i] * inverse;
        float rounded = i < whole ? scaled + (scaled < 0.0f ? -0.5f : 0.5f) : roundf(scaled);
        int32_t value = nn_wrapping_add(nn_truncated(rounded), zero_point);
        quantized[i] = (int8_t)nn_clamp(value, lowest, INT8_MAX);
    }
}

static quantization quantize_symmetrically(const float *values, int32_t count, int8_t *quantized) {
    extent found = extent_of(values, count);
    float low = fabsf(found.min);
    float high = fabsf(found.max);
    float range = low > high ? low : high;
    if (range == 0.0f) {
        memset(quantized, 0, (size_t)count);
        return (quantization){.scale = 1.0f};
    }
    quantize_all(values, count, 127.0f / range, 0, -INT8_MAX, quantized);
    return (quantization){.scale = range / 127.0f};
}

/* The zero point that makes the less error of those that the two ends of a range give. */
static int32_t nudged_zero_point(double low, double high, double scale) {
    double from_low = (double)INT8_MIN - low / scale;
    double from_high = (double)INT8_MAX - high / scale;
    bool low_is_better = 128.0 + fabs(low / scale) < 127.0 + fabs(high / scale);
    double best = low_is_better ? from_low : from_high;
    if (!(best > (double)INT8_MIN)) {
        return INT8_MIN;
    }
    return best >= (double)INT8_MAX ? INT8_MAX : (int32_t)round(best);
}

static quantization quantize_asymmetrically(const float *values, int32_t count, int8_t *quantized) {
    extent found = extent_of(values, count);
    float low = found.min < 0.0f ? found.min : 0.0f;
    float high = found.max > 0.0f ? found.max : 0.0f;
    if (low == high) {
        memset(quantized, 0, (size_t)count);
        return (quantization){.scale = 1.0f};
    }
    double scale = (double)(high - low) / 255.0;
    quantization made = {(float)scale, nudged_zero_point((double)low, (double)high, scale)};
    float inverse = made.scale == 0.0f ? 0.0f : (float)(1.0 / (double)made.scale);
    quantize_all(values, count, inverse, made.zero_point, INT8_MIN, quantized);
    return made;
}

/* What one output channel sees of an image at one position. */
typedef struct {
    nn_span y;
    nn_span x;
    const int8_t *input; /* the first channel of its group, at (0, 0) */
} window;

static int32_t sum_of(const nn_hybrid_params *params, const window *w, const int8_t *filter,
                      int32_t zero_point) {
    const nn_conv_params *p = &params->shape;
    int32_t sum = 0;
    for (int32_t fy = w->y.begin; fy < w->y.end; fy++) {
        int32_t row = (w->y.origin + fy * p->y.dilation) * p->x.input;
        for (int32_t fx = w->x.begin; fx < w->x.end; fx++) {
            int32_t point = row + w->x.origin + fx * p->x.dilation;
            const int8_t *from = w->input + point * p->input_channels;
            const int8_t *weights = filter + (fy * p->x.filter + fx) * params->tap_step;
            for (int32_t c = 0; c < p->group_channels; c++) {
                sum += weights[c] * (from[c] - zero_point);
            }
        }
    }
    return sum;
}

static float scaled(const nn_hybrid_params *params, int32_t sum, float filter_scale,
                    float input_scale) {
    if (params->scales_one_by_one) {
        return (float)sum * filter_scale * input_scale;
    }
    return (float)sum * (filter_scale * input_scale);
}

/* One image, quantized; returns where the next one's output starts. */
static float *convolve(const nn_hybrid_params *params, const float *scales, const int8_t *input,
                       quantization image, const int8_t *filter, const float *bias, float *output) {
    const nn_conv_params *p = &params->shape;
    for (int32_t y = 0; y < p->y.output; y++) {
        window w = {.y = nn_span_at(&p->y, y)};
        for (int32_t x = 0; x < p->x.output; x++) {
            w.x = nn_span_at(&p->x, x);
            for (int32_t c = 0; c < p->output_channels; c++) {
                w.input = input + c / p->group_outputs * p->group_channels;
                int32_t sum =
                    sum_of(params, &w, filter + c * params->filter_step, image.zero_point);
                float real = scaled(params, sum, scales[c * params->scale_step], image.scale);
                real += bias == NULL ? 0.0f : bias[c];
                *output++ = nn_clamp_f32(real, params->range);
            }
        }
    }
    return output;
}

void nn_conv_hybrid(const nn_hybrid_params *params, const float *scales, const float *input,
                    const int8_t *filter, const float *bias, int8_t *quantized, float *output) {
    const nn_conv_params *p = &params->shape;
    int32_t size = p->y.input * p->x.input * p->input_channels;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        quantization image = params->is_asymmetric ? quantize_asymmetrically(input, size, quantized)
                                                   : quantize_symmetrically(input, size, quantized);
        output = convolve(params, scales, quantized, image, filter, bias, output);
        input += size;
    }
}
