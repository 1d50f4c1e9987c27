/* Ops of the user's own: which they are, and what their options are. */
#include <string.h>

#include "flexbuffer.h"
#include "interpreter.h"
#include "model.h"
#include "op.h"
#include "schema.h"

bool nn_model_is_custom(const nn_model *model, uint32_t i, const char *name) {
    nn_flatbuffer fb = model->fb;
    nn_table table = nn_fb_table_at(&fb, &model->operators, i);
    uint32_t index = nn_fb_u32(&fb, &table, OPERATOR_OPCODE_INDEX, 0);
    nn_table code = nn_fb_table_at(&fb, &model->operator_codes, index);
    nn_vector text = nn_fb_vector(&fb, &code, OPERATOR_CODE_CUSTOM_CODE, 1);
    return !fb.malformed && text.count == strlen(name) &&
           memcmp(fb.data + text.start, name, text.count) == 0;
}

const uint8_t *nn_custom_options(const nn_node *node, uint32_t *size) {
    nn_flatbuffer fb = node->interpreter->model.fb;
    nn_table table = nn_node_table(node, &fb);
    nn_vector bytes = nn_fb_vector(&fb, &table, OPERATOR_CUSTOM_OPTIONS, 1);
    *size = fb.malformed ? 0 : bytes.count;
    return fb.data + (fb.malformed ? 0 : bytes.start);
}

/* The value of a key, of no kind if there is none; what is malformed makes prepare fail. */
static nn_flex option(nn_node *node, const char *key) {
    uint32_t size;
    const uint8_t *bytes = nn_custom_options(node, &size);
    nn_flex value = {.kind = NN_FLEX_NONE};
    if (size > 0 && !nn_flex_find(bytes, size, key, &value)) {
        node->fb.malformed = true;
    }
    return value;
}

int32_t nn_custom_i32(nn_node *node, const char *key, int32_t absent) {
    nn_flex value = option(node, key);
    bool fits = value.whole >= INT32_MIN && value.whole <= INT32_MAX;
    return value.kind == NN_FLEX_WHOLE && fits ? (int32_t)value.whole : absent;
}

float nn_custom_float(nn_node *node, const char *key, float absent) {
    nn_flex value = option(node, key);
    if (value.kind == NN_FLEX_WHOLE) {
        return (float)value.whole;
    }
    return value.kind == NN_FLEX_REAL ? (float)value.real : absent;
}
