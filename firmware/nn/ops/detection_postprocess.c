/* TFLite_Detection_PostProcess, a custom op that LiteRT has: uint8 or float32 to float32. */
#include "kernels/detection.h"
#include "op.h"
#include "ops/ops.h"
#include "schema.h"

enum { BOXES, SCORES, ANCHORS, INPUTS };
enum { FOUND_BOXES, FOUND_CLASSES, FOUND_SCORES, FOUND_COUNT, OUTPUTS };
enum { SIDES = 4, USUAL_MOST_OF_CLASS = 100 };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_detection_params);
}

/* What the shapes tell. */
static nn_detection_params sizes(const nn_node *node) {
    return (nn_detection_params){
        .boxes = nn_node_input(node, BOXES).tensor.dims[1],
        .stride = nn_node_input(node, BOXES).tensor.dims[2],
        .columns = nn_node_input(node, SCORES).tensor.dims[2],
        .places = nn_node_output(node, FOUND_CLASSES).tensor.dims[1],
    };
}

static uint32_t scratch_size(const nn_node *node) {
    nn_detection_params p = sizes(node);
    uint64_t size = nn_detection_scratch_size(&p);
    return size > INT32_MAX ? INT32_MAX : (uint32_t)size;
}

static bool has_shape(const nn_model_tensor *tensor, int32_t rank, int32_t first, int32_t second,
                      int32_t third) {
    const int32_t dims[] = {first, second, third};
    bool has = tensor->tensor.rank == rank;
    for (int32_t d = 0; has && d < rank; d++) {
        has = tensor->tensor.dims[d] == dims[d];
    }
    return has;
}

static bool check_input(nn_node *node, uint32_t i, nn_detection_quantization *q) {
    nn_model_tensor input = nn_node_input(node, i);
    *q = (nn_detection_quantization){0};
    if (input.tensor.type == NN_UINT8 && nn_is_quantized(&input)) {
        q->scale = input.tensor.scale;
        q->zero_point = (float)input.tensor.zero_point;
        return true;
    }
    return input.tensor.type == NN_FLOAT32 || nn_fail(node, "types are not supported");
}

static bool check_shapes(nn_node *node, const nn_detection_params *p) {
    nn_model_tensor boxes = nn_node_input(node, BOXES);
    nn_model_tensor scores = nn_node_input(node, SCORES);
    nn_model_tensor anchors = nn_node_input(node, ANCHORS);
    bool fit = has_shape(&boxes, 3, 1, p->boxes, p->stride) && p->stride >= SIDES &&
               has_shape(&scores, 3, 1, p->boxes, p->columns) &&
               has_shape(&anchors, 2, p->boxes, SIDES, 0);
    return fit || nn_fail(node, "boxes, scores and anchors do not fit");
}

static bool check_outputs(nn_node *node, const nn_detection_params *p) {
    nn_model_tensor boxes = nn_node_output(node, FOUND_BOXES);
    nn_model_tensor classes = nn_node_output(node, FOUND_CLASSES);
    nn_model_tensor scores = nn_node_output(node, FOUND_SCORES);
    nn_model_tensor count = nn_node_output(node, FOUND_COUNT);
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        if (nn_node_output(node, i).tensor.type != NN_FLOAT32) {
            return nn_fail(node, "types are not supported");
        }
    }
    bool fit = (int64_t)p->most * p->most_of_box == p->places &&
               has_shape(&boxes, 3, 1, p->places, SIDES) &&
               has_shape(&classes, 2, 1, p->places, 0) && has_shape(&scores, 2, 1, p->places, 0) &&
               has_shape(&count, 1, 1, 0, 0);
    return fit || nn_fail(node, "outputs have other shapes than max_detections tells");
}

static bool read_options(nn_node *node, nn_detection_params *p) {
    static const char *const scales[] = {"y_scale", "x_scale", "h_scale", "w_scale"};
    p->classes = nn_custom_i32(node, "num_classes", 0);
    p->most = nn_custom_i32(node, "max_detections", 0);
    p->most_of_box = nn_custom_i32(node, "max_classes_per_detection", 0);
    p->most_of_class = nn_custom_i32(node, "detections_per_class", USUAL_MOST_OF_CLASS);
    p->are_told_apart = nn_custom_i32(node, "use_regular_nms", 0) != 0;
    p->least_score = nn_custom_float(node, "nms_score_threshold", 0.0f);
    p->most_overlap = nn_custom_float(node, "nms_iou_threshold", 0.0f);
    for (uint32_t i = 0; i < SIDES; i++) {
        p->scales.side[i] = nn_custom_float(node, scales[i], 0.0f);
    }
    bool has_background = p->columns - p->classes == 1;
    if (p->classes < 1 || !(has_background || p->columns == p->classes)) {
        return nn_fail(node, "num_classes is not that of the scores");
    }
    if (p->most < 1 || p->most_of_box < 1 || p->most_of_class < 1) {
        return nn_fail(node, "a number of detections is not above 0");
    }
    return (p->most_overlap > 0.0f && p->most_overlap <= 1.0f) ||
           nn_fail(node, "nms_iou_threshold is not above 0, or above 1");
}

static bool prepare(nn_node *node) {
    nn_detection_params *p = node->params;
    if (node->inputs.count != INPUTS || node->outputs.count != OUTPUTS) {
        return nn_fail(node, "unexpected number of inputs or outputs");
    }
    *p = sizes(node);
    if (!check_shapes(node, p) || !check_input(node, BOXES, &p->given) ||
        !check_input(node, SCORES, &p->scored) || !check_input(node, ANCHORS, &p->anchored)) {
        return false;
    }
    if ((p->given.scale == 0.0f) != (p->anchored.scale == 0.0f)) {
        return nn_fail(node, "anchors are of another type than boxes");
    }
    return read_options(node, p) && check_outputs(node, p);
}

static void invoke(const nn_node *node) {
    nn_detections output = {
        .boxes = nn_output_data(node, FOUND_BOXES),
        .classes = nn_output_data(node, FOUND_CLASSES),
        .scores = nn_output_data(node, FOUND_SCORES),
        .count = nn_output_data(node, FOUND_COUNT),
    };
    nn_detect(node->params, nn_input_data(node, BOXES), nn_input_data(node, SCORES),
              nn_input_data(node, ANCHORS), node->scratch, &output);
}

const nn_op nn_op_tflite_detection_postprocess = {
    .name = "TFLite_Detection_PostProcess",
    .code = BUILTIN_CUSTOM,
    .options_type = OPTIONS_NONE,
    .params_size = params_size,
    .scratch_size = scratch_size,
    .prepare = prepare,
    .invoke = invoke,
};
