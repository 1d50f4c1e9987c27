/* What MLPerf Tiny's ad01 exchanges; the arithmetic is that of its submitter_implemented.cpp. */

#include "app/anomaly.h"

#include "app/classifier.h"
#include "app/engine.h"

#define MOST_VALUES 640u /* 5 windows of 128 bands */
#define LARGEST 1024.0f  /* in steps of the scale: outside any type of 8 bits */

static float given[MOST_VALUES];
static bool taken;

static uint32_t value_count(void) {
    nn_tensor input = engine_input(0);
    return input.type == NN_FLOAT32 ? input.bytes / (uint32_t)sizeof(float) : input.bytes;
}

uint32_t anomaly_bytes(void) {
    uint32_t count = value_count();
    return count == classifier_values_in(0) && count <= MOST_VALUES ? count * 4u : 0u;
}

/* round(value / scale) + zero point, halves away from zero, kept within the type. */
static int32_t quantize(const nn_tensor *tensor, float value) {
    float steps = value / tensor->scale;
    int32_t least = tensor->type == NN_INT8 ? -128 : 0;
    if (!(steps > -LARGEST)) { /* also if it is not a number */
        return least;
    }
    if (steps > LARGEST) {
        return least + 255;
    }
    int32_t rounded = (int32_t)((double)steps + (steps < 0.0f ? -0.5 : 0.5));
    int32_t quantized = rounded + tensor->zero_point;
    if (quantized < least) {
        return least;
    }
    return quantized > least + 255 ? least + 255 : quantized;
}

void anomaly_take(uint8_t *input) {
    nn_tensor tensor = engine_input(0);
    uint32_t count = value_count();
    memcpy(given, input, count * sizeof(float));
    if (tensor.type != NN_FLOAT32) {
        for (uint32_t i = 0; i < count; i++) {
            input[i] = (uint8_t)quantize(&tensor, given[i]);
        }
    }
    taken = true;
}

void anomaly_forget(void) {
    taken = false;
}

bool anomaly_is_taken(void) {
    return taken;
}

float anomaly_error(void) {
    float sum = 0.0f;
    uint32_t count = value_count();
    for (uint32_t i = 0; i < count; i++) {
        float difference = (float)classifier_value(0, i) - given[i];
        sum += difference * difference;
    }
    return sum / (float)count;
}
