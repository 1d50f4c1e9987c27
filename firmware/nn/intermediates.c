/* The quantization of what is between the parts of an op: tensors that hold nothing. */
#include "interpreter.h"
#include "model.h"
#include "op.h"
#include "schema.h"

bool nn_read_intermediate(const nn_node *node, uint32_t i, float *scale, int32_t *zero_point) {
    nn_flatbuffer fb = node->interpreter->model.fb;
    nn_table operator_table = nn_node_table(node, &fb);
    nn_vector numbers = nn_fb_vector(&fb, &operator_table, OPERATOR_INTERMEDIATES, 4);
    int32_t index = nn_fb_i32_at(&fb, &numbers, i);
    if (index < 0) {
        return false;
    }
    nn_table table = nn_fb_table_at(&fb, &node->interpreter->model.tensors, (uint32_t)index);
    nn_table quantization = nn_fb_table(&fb, &table, TENSOR_QUANTIZATION);
    nn_vector scales = nn_fb_vector(&fb, &quantization, QUANTIZATION_SCALE, 4);
    nn_vector zero_points = nn_fb_vector(&fb, &quantization, QUANTIZATION_ZERO_POINT, 8);
    *scale = nn_fb_float_at(&fb, &scales, 0);
    int64_t zero = nn_fb_i64_at(&fb, &zero_points, 0);
    *zero_point = (int32_t)zero;
    return !fb.malformed && zero >= INT32_MIN && zero <= INT32_MAX;
}
