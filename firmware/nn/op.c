/* What the ops' prepare functions share: their view of the model. */
#include "op.h"

#include <float.h>

#include "interpreter.h"
#include "schema.h"
#include "state.h"

bool nn_check_counts(nn_node *node, uint32_t least_inputs, uint32_t most_inputs) {
    bool expected = node->inputs.count >= least_inputs && node->inputs.count <= most_inputs &&
                    node->outputs.count == 1;
    return expected || nn_fail(node, "unexpected number of inputs or outputs");
}

static nn_model_tensor read_tensor(const nn_node *node, const nn_vector *vector, uint32_t i) {
    nn_model_tensor read = {0};
    int32_t index = i < vector->count ? nn_tensor_index(node->interpreter, vector, i) : -1;
    if (index >= 0) {
        nn_model_read_tensor(&node->interpreter->model, (uint32_t)index, &read);
        if (read.tensor.data == NULL && nn_is_folded(node->interpreter, index)) {
            read.tensor.data = node->interpreter->arena + nn_locations(node->interpreter)[index];
        }
        if (NN_WITH_INT4 && read.tensor.type == NN_INT4) {
            read.tensor.type = NN_INT8;
            read.tensor.bytes = (uint32_t)nn_count(&read.tensor, 0, read.tensor.rank);
        }
    }
    return read;
}

nn_model_tensor nn_node_input(const nn_node *node, uint32_t i) {
    return read_tensor(node, &node->inputs, i);
}

nn_model_tensor nn_node_output(const nn_node *node, uint32_t i) {
    return read_tensor(node, &node->outputs, i);
}

nn_table nn_node_table(const nn_node *node, nn_flatbuffer *fb) {
    const nn_model *model = &node->interpreter->model;
    const nn_table absent = {0};
    for (uint32_t i = 0; i < model->operators.count; i++) {
        nn_table table = nn_fb_table_at(fb, &model->operators, i);
        nn_vector outputs = nn_fb_vector(fb, &table, OPERATOR_OUTPUTS, 4);
        if (outputs.start == node->outputs.start) {
            return table;
        }
    }
    return absent;
}

uint8_t nn_option_u8(nn_node *node, uint32_t slot, uint8_t absent) {
    return nn_fb_u8(&node->fb, &node->options, slot, absent);
}

int32_t nn_option_i32(nn_node *node, uint32_t slot, int32_t absent) {
    return nn_fb_i32(&node->fb, &node->options, slot, absent);
}

float nn_option_float(nn_node *node, uint32_t slot, float absent) {
    return nn_fb_float(&node->fb, &node->options, slot, absent);
}

float nn_channel_scale(const nn_node *node, const nn_model_tensor *tensor, uint32_t i) {
    nn_flatbuffer fb = node->interpreter->model.fb;
    return nn_fb_float_at(&fb, &tensor->scales, i);
}

bool nn_is_symmetric(const nn_node *node, const nn_model_tensor *tensor) {
    nn_flatbuffer fb = node->interpreter->model.fb;
    bool symmetric = true;
    for (uint32_t i = 0; symmetric && i < tensor->zero_points.count; i++) {
        symmetric = nn_fb_i64_at(&fb, &tensor->zero_points, i) == 0;
    }
    return symmetric;
}

bool nn_is_index_type(nn_node *node, uint32_t slot, nn_type type) {
    nn_type told = nn_option_u8(node, slot, NN_FLOAT32); /* which stands for none, too */
    return (type == NN_INT32 || type == NN_INT64) && (told == NN_FLOAT32 || told == type);
}

int32_t nn_element_size(nn_type type) {
    return (int32_t)nn_model_element_size(type);
}

int32_t nn_count(const nn_tensor *tensor, int32_t from, int32_t to) {
    int32_t count = 1;
    for (int32_t d = from; d < to; d++) {
        count *= tensor->dims[d];
    }
    return count;
}

bool nn_same_shape(const nn_tensor *a, const nn_tensor *b) {
    bool same = a->rank == b->rank;
    for (int32_t d = 0; same && d < a->rank; d++) {
        same = a->dims[d] == b->dims[d];
    }
    return same;
}

bool nn_is_positive(float scale) {
    return scale > 0.0f && scale <= FLT_MAX;
}

bool nn_is_quantized(const nn_model_tensor *tensor) {
    int32_t zero_point = tensor->tensor.zero_point;
    bool in_range =
        (tensor->tensor.type == NN_INT8 && zero_point >= INT8_MIN && zero_point <= INT8_MAX) ||
        (tensor->tensor.type == NN_UINT8 && zero_point >= 0 && zero_point <= UINT8_MAX);
    return in_range && tensor->scales.count == 1 && nn_is_positive(tensor->tensor.scale);
}

bool nn_same_quantization(const nn_model_tensor *a, const nn_model_tensor *b) {
    return a->tensor.scale == b->tensor.scale && a->tensor.zero_point == b->tensor.zero_point;
}
