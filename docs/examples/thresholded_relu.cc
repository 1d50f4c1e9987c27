/* A custom op of TensorFlow Lite for Microcontrollers: ThresholdedRelu, which lets through what is
 * above `theta`, and is 0 for all else.
 *
 *     tinyml-hil evaluate --engine tflm --model my.tflite --op thresholded_relu.cc
 *
 * docs/custom-ops.md says what of it is ours; the rest is as in any kernel of TFLM. */
#include "flatbuffers/flexbuffers.h"
#include "tensorflow/lite/kernels/kernel_util.h"
#include "tensorflow/lite/micro/kernels/kernel_util.h"
#include "tensorflow/lite/micro/micro_context.h"
#include "tensorflow/lite/micro/micro_log.h"
#include "tensorflow/lite/micro/micro_utils.h"

namespace {

struct Params {
    float theta;
    float scale;
    int32_t zero_point;
};

void *init(TfLiteContext *context, const char *options, size_t size) {
    auto *params =
        static_cast<Params *>(context->AllocatePersistentBuffer(context, sizeof(Params)));
    auto map = flexbuffers::GetRoot(reinterpret_cast<const uint8_t *>(options), size).AsMap();
    params->theta = map["theta"].AsFloat();
    return params;
}

TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node) {
    tflite::MicroContext *micro = tflite::GetMicroContext(context);
    auto *params = static_cast<Params *>(node->user_data);
    TfLiteTensor *input = micro->AllocateTempInputTensor(node, 0);
    params->scale = input->params.scale;
    params->zero_point = input->params.zero_point;
    bool has_type = input->type == kTfLiteFloat32 || input->type == kTfLiteInt8;
    micro->DeallocateTempTfLiteTensor(input);
    if (!has_type) {
        MicroPrintf("types are not supported");
        return kTfLiteError;
    }
    return kTfLiteOk;
}

template <typename T>
void compute(const Params &p, TfLiteEvalTensor *to, const TfLiteEvalTensor *from) {
    const T *input = tflite::micro::GetTensorData<T>(from);
    T *output = tflite::micro::GetTensorData<T>(to);
    float scale = p.scale == 0.0f ? 1.0f : p.scale;
    for (int i = 0; i < tflite::ElementCount(*from->dims); i++) {
        float real = static_cast<float>(input[i] - static_cast<T>(p.zero_point)) * scale;
        output[i] = real > p.theta ? input[i] : static_cast<T>(p.zero_point);
    }
}

TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node) {
    const auto &params = *static_cast<const Params *>(node->user_data);
    const TfLiteEvalTensor *input = tflite::micro::GetEvalInput(context, node, 0);
    TfLiteEvalTensor *output = tflite::micro::GetEvalOutput(context, node, 0);
    if (input->type == kTfLiteFloat32) {
        compute<float>(params, output, input);
    } else {
        compute<int8_t>(params, output, input);
    }
    return kTfLiteOk;
}

} // namespace

/* tflm_custom_, and the name of this file; in C, so that any file can be found by it. */
extern "C" const TFLMRegistration *tflm_custom_thresholded_relu() {
    static TFLMRegistration op = tflite::micro::RegisterOp(init, prepare, invoke);
    op.custom_name = "ThresholdedRelu"; /* as the model calls it */
    return &op;
}
