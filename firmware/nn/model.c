/* Reads tensors and operators out of the .tflite FlatBuffer, and refuses what the engine cannot
 * represent, so that the layers above see only sound shapes, sizes and indices. */
#include "model.h"

#include "schema.h"

/* Bounds that no microcontroller model reaches; they bound the planner's time on a bad model, and
 * its numbers to 16 bits. */
enum { MAX_TENSORS = 4096, MAX_OPERATORS = 4096, MAX_OP_TENSORS = 128 };

static const char malformed[] = "model is malformed";

const char *nn_model_open(nn_model *model, const uint8_t *data, size_t size) {
    if (size > INT32_MAX) {
        return "model is too large";
    }
    nn_flatbuffer fb = {.data = data, .size = (uint32_t)size};
    nn_table root = nn_fb_root(&fb, NN_SCHEMA_IDENTIFIER);
    uint32_t version = nn_fb_u32(&fb, &root, MODEL_VERSION, 0);
    if (fb.malformed) {
        return "not a .tflite model";
    }
    if (version != NN_SCHEMA_VERSION) {
        return "wrong schema version";
    }
    /* The first graph is the one that runs; others are for control flow, which the engine lacks. */
    nn_vector graphs = nn_fb_vector(&fb, &root, MODEL_SUBGRAPHS, 4);
    nn_table graph = nn_fb_table_at(&fb, &graphs, 0);
    *model = (nn_model){
        .operator_codes = nn_fb_vector(&fb, &root, MODEL_OPERATOR_CODES, 4),
        .buffers = nn_fb_vector(&fb, &root, MODEL_BUFFERS, 4),
        .tensors = nn_fb_vector(&fb, &graph, SUBGRAPH_TENSORS, 4),
        .operators = nn_fb_vector(&fb, &graph, SUBGRAPH_OPERATORS, 4),
        .inputs = nn_fb_vector(&fb, &graph, SUBGRAPH_INPUTS, 4),
        .outputs = nn_fb_vector(&fb, &graph, SUBGRAPH_OUTPUTS, 4),
    };
    model->fb = fb;
    if (fb.malformed) {
        return malformed;
    }
    if (model->tensors.count > MAX_TENSORS || model->operators.count > MAX_OPERATORS) {
        return "model has too many tensors or ops";
    }
    return NULL;
}

uint32_t nn_model_element_size(nn_type type) {
    switch (type) {
    case NN_FLOAT32:
    case NN_INT32:
        return 4;
    case NN_RESOURCE:
        return NN_WITH_STATE ? 4 : 0;
    case NN_INT64:
        return 8;
    case NN_INT16:
        return 2;
    case NN_UINT8:
    case NN_BOOL:
    case NN_INT8:
        return 1;
    default:
        if (NN_WITH_FLOAT && type == NN_FLOAT16) {
            return 2;
        }
        return NN_WITH_INT4 && type == NN_INT4 ? 1 : 0;
    }
}

/* The shape of tensor i that the set-up found, or NULL: that in the file is right. */
static const nn_closed_shape *find_closed_shape(const nn_model *model, uint32_t i) {
    uint32_t place = NN_WITH_FOLDING ? model->closed_shapes : 0;
    while (place != 0) {
        const nn_closed_shape *closed = (const void *)(model->arena + place);
        if (closed->tensor == i) {
            return closed;
        }
        place = closed->next;
    }
    return NULL;
}

static const char *read_shape(const nn_model *model, uint32_t i, nn_flatbuffer *fb,
                              const nn_table *table, nn_tensor *tensor) {
    nn_vector shape = nn_fb_vector(fb, table, TENSOR_SHAPE, 4);
    uint32_t size = nn_model_element_size(tensor->type);
    if (size == 0) {
        return "tensor type is not supported";
    }
    if (shape.count > NN_MAX_RANK) {
        return "tensor has too many dimensions";
    }
    uint64_t bytes = size;
    const nn_closed_shape *closed = find_closed_shape(model, i);
    tensor->rank = closed == NULL ? (int32_t)shape.count : closed->rank;
    for (int32_t d = 0; d < tensor->rank; d++) {
        int32_t dim = closed == NULL ? nn_fb_i32_at(fb, &shape, (uint32_t)d) : closed->dims[d];
        if (dim <= 0) {
            return fb->malformed ? malformed : "tensor has an empty or unknown dimension";
        }
        bytes *= (uint32_t)dim;
        if (bytes > INT32_MAX) {
            return "tensor is too large";
        }
        tensor->dims[d] = dim;
    }
    tensor->bytes = (uint32_t)bytes;
    if (NN_WITH_INT4 && tensor->type == NN_INT4) {
        tensor->bytes = (tensor->bytes + 1) / 2;
    }
    return NULL;
}

static const char *read_quantization(nn_flatbuffer *fb, const nn_table *table,
                                     nn_model_tensor *out) {
    nn_table quantization = nn_fb_table(fb, table, TENSOR_QUANTIZATION);
    out->scales = nn_fb_vector(fb, &quantization, QUANTIZATION_SCALE, 4);
    out->zero_points = nn_fb_vector(fb, &quantization, QUANTIZATION_ZERO_POINT, 8);
    out->quantized_dimension = nn_fb_i32(fb, &quantization, QUANTIZATION_DIMENSION, 0);
    if (out->scales.count > 0) {
        out->tensor.scale = nn_fb_float_at(fb, &out->scales, 0);
    }
    if (out->scales.count > 0 && out->zero_points.count > 0) {
        int64_t zero_point = nn_fb_i64_at(fb, &out->zero_points, 0);
        if (zero_point < INT32_MIN || zero_point > INT32_MAX) {
            return "zero point is out of range";
        }
        out->tensor.zero_point = (int32_t)zero_point;
    }
    return NULL;
}

/* The bytes of a buffer: in it or, in a file that may exceed 2 GB, behind the FlatBuffer. */
static nn_vector read_buffer(nn_flatbuffer *fb, const nn_table *buffer) {
    nn_vector data = nn_fb_vector(fb, buffer, BUFFER_DATA, 1);
    uint64_t offset = nn_fb_u64(fb, buffer, BUFFER_OFFSET, 0);
    uint64_t size = nn_fb_u64(fb, buffer, BUFFER_SIZE, 0);
    if (data.count > 0 || offset <= 1) { /* 1 stands for an offset that was never filled in */
        return data;
    }
    if (offset > fb->size || size > fb->size - offset) {
        fb->malformed = true;
        return data;
    }
    return (nn_vector){.start = (uint32_t)offset, .count = (uint32_t)size};
}

/* Sets data of a tensor whose buffer holds bytes, i.e. of a constant. */
static const char *read_data(const nn_model *model, nn_flatbuffer *fb, const nn_table *table,
                             nn_tensor *tensor) {
    uint32_t index = nn_fb_u32(fb, table, TENSOR_BUFFER, 0);
    if (index == 0) {
        return NULL; /* by convention buffer 0 is empty */
    }
    nn_table buffer = nn_fb_table_at(fb, &model->buffers, index);
    nn_vector data = read_buffer(fb, &buffer);
    if (nn_fb_u32(fb, table, TENSOR_EXTERNAL_BUFFER, 0) != 0) {
        return "constant in another file is not supported";
    }
    if (fb->malformed || data.count == 0) {
        return NULL;
    }
    if (data.count != tensor->bytes) {
        return "constant has another size than its tensor";
    }
    uint32_t size = nn_model_element_size(tensor->type);
    if (data.start % (size < 4 ? size : 4) != 0) { /* ops read int64 byte by byte */
        return "constant is not aligned";
    }
    tensor->data = (void *)(uintptr_t)(model->fb.data + data.start);
    return NULL;
}

const char *nn_model_read_tensor(const nn_model *model, uint32_t i, nn_model_tensor *out) {
    nn_flatbuffer fb = model->fb;
    nn_table table = nn_fb_table_at(&fb, &model->tensors, i);
    *out = (nn_model_tensor){0};
    out->tensor.type = (nn_type)nn_fb_u8(&fb, &table, TENSOR_TYPE, 0);
    bool is_variable = nn_fb_u8(&fb, &table, TENSOR_IS_VARIABLE, 0) != 0;
    if (!NN_WITH_STATE && is_variable) {
        return "variable tensor is not supported";
    }
    if (nn_fb_table(&fb, &table, TENSOR_SPARSITY).start != 0) {
        return "sparse tensor is not supported";
    }
    const char *problem = read_shape(model, i, &fb, &table, &out->tensor);
    if (problem == NULL) {
        problem = read_quantization(&fb, &table, out);
    }
    if (problem == NULL) {
        problem = read_data(model, &fb, &table, &out->tensor);
    }
    if (NN_WITH_STATE && problem == NULL && is_variable && out->tensor.data != NULL) {
        return "variable tensor is constant";
    }
    return fb.malformed ? malformed : problem;
}

bool nn_model_is_dim_open(const nn_model *model, uint32_t i, uint32_t d) {
    nn_flatbuffer fb = model->fb;
    nn_table table = nn_fb_table_at(&fb, &model->tensors, i);
    nn_vector signature = nn_fb_vector(&fb, &table, TENSOR_SHAPE_SIGNATURE, 4);
    bool open = d < signature.count && nn_fb_i32_at(&fb, &signature, d) < 0;
    return open && !fb.malformed;
}

bool nn_model_is_variable(const nn_model *model, uint32_t i) {
    nn_flatbuffer fb = model->fb;
    nn_table table = nn_fb_table_at(&fb, &model->tensors, i);
    return nn_fb_u8(&fb, &table, TENSOR_IS_VARIABLE, 0) != 0;
}

bool nn_model_is_open(const nn_model *model, uint32_t i) {
    bool open = false;
    for (uint32_t d = 0; !open && d < NN_MAX_RANK; d++) {
        open = nn_model_is_dim_open(model, i, d);
    }
    return open;
}

/* Codes up to 127 stand in an older, narrower field; larger ones only in the newer. */
static int32_t builtin_code(nn_flatbuffer *fb, const nn_table *table) {
    int32_t code = nn_fb_i32(fb, table, OPERATOR_CODE_CODE, 0);
    int32_t old = (int8_t)nn_fb_u8(fb, table, OPERATOR_CODE_DEPRECATED_CODE, 0);
    return code > old ? code : old;
}

const char *nn_model_read_operator(const nn_model *model, uint32_t i, nn_model_operator *out) {
    nn_flatbuffer fb = model->fb;
    nn_table table = nn_fb_table_at(&fb, &model->operators, i);
    uint32_t index = nn_fb_u32(&fb, &table, OPERATOR_OPCODE_INDEX, 0);
    nn_table code = nn_fb_table_at(&fb, &model->operator_codes, index);
    *out = (nn_model_operator){
        .code = builtin_code(&fb, &code),
        .inputs = nn_fb_vector(&fb, &table, OPERATOR_INPUTS, 4),
        .outputs = nn_fb_vector(&fb, &table, OPERATOR_OUTPUTS, 4),
        .options_type = nn_fb_u8(&fb, &table, OPERATOR_OPTIONS_TYPE, OPTIONS_NONE),
    };
    if (out->options_type != OPTIONS_NONE) {
        out->options = nn_fb_table(&fb, &table, OPERATOR_OPTIONS);
    }
    if (out->inputs.count > MAX_OP_TENSORS || out->outputs.count > MAX_OP_TENSORS) {
        return "op has too many tensors";
    }
    return fb.malformed ? malformed : NULL;
}
