/* TFLM_DECODE, a custom op that TensorFlow Lite for Microcontrollers has: weights that lie
 * compressed in the model, of any type but uint8. An input of codes and one of what they mean make
 * each output.
 *
 * What they mean is bytes, as tensorflow/lite/micro/compression/decode.py in tflite-micro says:
 * which way of coding, versions, and from byte 16 on values. */
#include "kernels/decode.h"
#include "op.h"
#include "ops/ops.h"
#include "schema.h"

enum { WAY, VERSION, WAY_VERSION = 4, INDEX_BITS, STRIDE, VALUES = 16 };
enum { BY_TABLE, HUFFMAN, PRUNED, FIRST_OF_USERS = 127 };
enum { INDEX_BITS_MASK = 7 };

/* Of Huffman codes, in the place of INDEX_BITS. */
enum { TABLES = INDEX_BITS, HAS_LONG_ENTRIES = 1, FIRST_TABLE_SHIFT = 4 };

/* Without zero points, the scales do not count, either, in TFLM. */
static uint32_t channels_of(const nn_model_tensor *output) {
    return output->scales.count > 1 && output->zero_points.count > 0 ? output->scales.count : 1;
}

/* One of these for each output, then the bytes of its zeros for each output. */
static uint32_t params_size(const nn_node *node) {
    uint64_t size = (uint64_t)node->outputs.count * sizeof(nn_decode_params);
    for (uint32_t i = 0; i < node->outputs.count; i++) {
        nn_model_tensor output = nn_node_output(node, i);
        size += channels_of(&output);
    }
    return size > INT32_MAX ? INT32_MAX : (uint32_t)size;
}

static bool is_supported(nn_type type) {
    return type == NN_INT8 || type == NN_INT16 || type == NN_INT32 || type == NN_INT64 ||
           type == NN_FLOAT32 || type == NN_BOOL;
}

static bool read_channels(nn_node *node, const nn_model_tensor *output, nn_decode_params *p) {
    const nn_tensor *tensor = &output->tensor;
    int32_t dimension = output->quantized_dimension;
    p->count = nn_count(tensor, 0, tensor->rank);
    p->size = nn_element_size(tensor->type);
    p->channels = p->entry > 0 ? 1 : (int32_t)channels_of(output);
    p->run = p->count;
    if (p->channels == 1) {
        return true;
    }
    bool is_edge = dimension == 0 || dimension == tensor->rank - 1;
    if (tensor->rank == 0 || !is_edge || tensor->dims[dimension] != p->channels) {
        return nn_fail(node, "channels are neither the first nor the last dimension");
    }
    p->run = dimension == tensor->rank - 1 ? 1 : p->count / p->channels;
    return true;
}

/* The byte that a 0 is made of: elements of several bytes have no zero point. */
static bool read_zeros(nn_node *node, const nn_model_tensor *output, nn_decode_params *p,
                       uint32_t zeros) {
    uint8_t *bytes = (uint8_t *)node->params + zeros;
    nn_flatbuffer fb = node->interpreter->model.fb;
    uint32_t several = output->zero_points.count == (uint32_t)p->channels;
    p->zero_bytes = (uint32_t)(bytes - (uint8_t *)p);
    if (output->tensor.type != NN_INT8 && !nn_is_symmetric(node, output)) {
        return nn_fail(node, "zero point must be 0");
    }
    for (uint32_t i = 0; i < (uint32_t)p->channels; i++) {
        bool has = output->zero_points.count > 0 && output->scales.count > 0;
        bytes[i] = has ? (uint8_t)nn_fb_i64_at(&fb, &output->zero_points, several * i) : 0;
    }
    return true;
}

static bool read_huffman(nn_node *node, uint8_t tables, nn_type type, nn_decode_params *p) {
    bool has_long_entries = (tables & HAS_LONG_ENTRIES) != 0;
    p->entry = has_long_entries ? 4 : 2;
    p->bits = (tables >> FIRST_TABLE_SHIFT) + 1;
    return type == NN_INT8 || (type == NN_INT16 && has_long_entries) ||
           nn_fail(node, "Huffman codes are for int8, or with entries of 4 bytes for int16");
}

static bool read_way(nn_node *node, const nn_tensor *meaning, nn_type type, nn_decode_params *p) {
    const uint8_t *bytes = meaning->data;
    if (bytes[WAY] >= FIRST_OF_USERS) {
        return nn_fail(node, "a way of coding of one's own is not supported");
    }
    if (bytes[WAY] > PRUNED) {
        return nn_fail(node, "way of coding is unknown");
    }
    if (bytes[VERSION] != 1 || bytes[WAY_VERSION] != 1) {
        return nn_fail(node, "version of the coding is not supported");
    }
    p->table = (int32_t)meaning->bytes - VALUES;
    if (bytes[WAY] == HUFFMAN) {
        return read_huffman(node, bytes[TABLES], type, p);
    }
    p->entry = 0;
    p->bits = bytes[WAY] == BY_TABLE ? bytes[INDEX_BITS] & INDEX_BITS_MASK : 0;
    p->stride = bytes[STRIDE];
    return p->bits > 0 || bytes[WAY] == PRUNED || nn_fail(node, "indices have no bits");
}

static bool is_sound(const nn_decode_params *p, const uint8_t *codes, const uint8_t *meaning) {
    return p->entry > 0 ? nn_decode_huffman_is_sound(p, codes, meaning + VALUES)
                        : nn_decode_is_sound(p, codes);
}

static bool prepare_output(nn_node *node, uint32_t i, nn_decode_params *p, uint32_t zeros) {
    nn_model_tensor coded = nn_node_input(node, 2 * i);
    nn_model_tensor meaning = nn_node_input(node, 2 * i + 1);
    nn_model_tensor output = nn_node_output(node, i);
    if (!is_supported(output.tensor.type)) {
        return nn_fail(node, "types are not supported");
    }
    if (coded.tensor.data == NULL || meaning.tensor.data == NULL || meaning.tensor.bytes < VALUES) {
        return nn_fail(node, "codes and what they mean must be constants");
    }
    p->coded = (int32_t)coded.tensor.bytes;
    if (!read_way(node, &meaning.tensor, output.tensor.type, p) ||
        !read_channels(node, &output, p) || !(p->bits > 0 || read_zeros(node, &output, p, zeros))) {
        return false;
    }
    return is_sound(p, coded.tensor.data, meaning.tensor.data) ||
           nn_fail(node, "codes are too few, or ask for values that are not there");
}

static bool prepare(nn_node *node) {
    nn_decode_params *p = node->params;
    uint32_t count = node->outputs.count;
    uint32_t zeros = count * (uint32_t)sizeof *p;
    if (count == 0 || node->inputs.count != 2 * count) {
        return nn_fail(node, "unexpected number of inputs or outputs");
    }
    for (uint32_t i = 0; i < count; i++) {
        nn_model_tensor output = nn_node_output(node, i);
        if (!prepare_output(node, i, &p[i], zeros)) {
            return false;
        }
        zeros += channels_of(&output);
    }
    return true;
}

static void invoke(const nn_node *node) {
    const nn_decode_params *p = node->params;
    for (uint32_t i = 0; i < node->outputs.count; i++) {
        const uint8_t *codes = nn_input_data(node, 2 * i);
        const uint8_t *meaning = nn_input_data(node, 2 * i + 1);
        if (p[i].entry > 0) {
            nn_decode_huffman(&p[i], codes, meaning + VALUES, nn_output_data(node, i));
        } else if (p[i].bits > 0) {
            nn_decode_indices(&p[i], codes, meaning + VALUES, nn_output_data(node, i));
        } else {
            nn_decode_pruned(&p[i], codes, meaning + VALUES, nn_output_data(node, i));
        }
    }
}

const nn_op nn_op_tflm_decode = {
    .name = "TFLM_DECODE",
    .code = BUILTIN_CUSTOM,
    .options_type = OPTIONS_NONE,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
