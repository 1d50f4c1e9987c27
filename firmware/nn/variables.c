/* What goes on from one inference to the next: tensors that the file calls variable, and variables
 * that have names. */
#include "variables.h"

#include <string.h>

#include "interpreter.h"
#include "nn.h"
#include "schema.h"
#include "state.h"

void *nn_variable_data(const nn_node *node, uint32_t i) {
    return (void *)(uintptr_t)nn_input_data(node, i);
}

bool nn_node_is_variable(const nn_node *node, uint32_t i) {
    int32_t index =
        i < node->inputs.count ? nn_tensor_index(node->interpreter, &node->inputs, i) : -1;
    return index >= 0 && nn_model_is_variable(&node->interpreter->model, (uint32_t)index);
}

/* ---- Names ---- */

bool nn_open_initial(const nn_model *model, int32_t graph, nn_model *initial) {
    nn_flatbuffer fb = model->fb;
    nn_table root = nn_fb_root(&fb, NN_SCHEMA_IDENTIFIER);
    nn_vector graphs = nn_fb_vector(&fb, &root, MODEL_SUBGRAPHS, 4);
    if (graph < 0) {
        return false;
    }
    nn_table table = nn_fb_table_at(&fb, &graphs, (uint32_t)graph);
    *initial = *model;
    initial->tensors = nn_fb_vector(&fb, &table, SUBGRAPH_TENSORS, 4);
    initial->operators = nn_fb_vector(&fb, &table, SUBGRAPH_OPERATORS, 4);
    initial->closed_shapes = 0;
    return !fb.malformed && initial->operators.count <= NN_MOST_INITIAL_OPS;
}

static bool same_text(const nn_flatbuffer *fb, const nn_vector *a, const nn_vector *b) {
    return a->count == b->count && memcmp(fb->data + a->start, fb->data + b->start, a->count) == 0;
}

bool nn_same_variable(const nn_model *model, const nn_model_operator *a,
                      const nn_model_operator *b) {
    nn_flatbuffer fb = model->fb;
    bool same = a->code == BUILTIN_VAR_HANDLE && b->code == BUILTIN_VAR_HANDLE;
    for (uint32_t slot = VAR_HANDLE_CONTAINER; same && slot <= VAR_HANDLE_SHARED_NAME; slot++) {
        nn_vector x = nn_fb_vector(&fb, &a->options, slot, 1);
        nn_vector y = nn_fb_vector(&fb, &b->options, slot, 1);
        same = !fb.malformed && same_text(&fb, &x, &y);
    }
    return same;
}

bool nn_variable_access(const nn_model *model, const nn_model_operator *op, int32_t *handle,
                        int32_t *value) {
    nn_flatbuffer fb = model->fb;
    *handle = nn_fb_i32_at(&fb, &op->inputs, 0);
    switch (op->code) {
    case BUILTIN_READ_VARIABLE:
        *value = nn_fb_i32_at(&fb, &op->outputs, 0);
        break;
    case BUILTIN_ASSIGN_VARIABLE:
        *value = nn_fb_i32_at(&fb, &op->inputs, 1);
        break;
    default:
        return false;
    }
    return !fb.malformed && *handle >= 0 && *value >= 0;
}

/* ---- What they hold at first ---- */

/* An int8 is 0 where it stands for 0; so LiteRT resets them. */
static int32_t initial_byte(const nn_tensor *tensor) {
    return tensor->type == NN_INT8 ? tensor->zero_point : 0;
}

static void reset_tensor(nn_interpreter *interpreter, uint32_t i) {
    nn_model_tensor read;
    if (nn_model_is_variable(&interpreter->model, i) &&
        nn_model_read_tensor(&interpreter->model, i, &read) == NULL) {
        memset(interpreter->arena + nn_locations(interpreter)[i], initial_byte(&read.tensor),
               read.tensor.bytes);
    }
}

static void reset_handle(nn_interpreter *interpreter, const nn_record *record) {
    if (interpreter->ops[record->op]->code != BUILTIN_VAR_HANDLE) {
        return;
    }
    const nn_handle_params *p = (const void *)(interpreter->arena + record->params);
    const nn_vector outputs = nn_outputs_of(record);
    int32_t handle = nn_tensor_index(interpreter, &outputs, 0);
    uint8_t *variable = interpreter->arena + nn_locations(interpreter)[handle];
    if (p->initial == NN_NOWHERE) {
        memset(variable, 0, p->bytes);
    } else {
        memcpy(variable, interpreter->model.fb.data + p->initial, p->bytes);
    }
}

void nn_reset(nn_interpreter *interpreter) {
    if (!interpreter->ready) {
        return;
    }
    for (uint32_t i = 0; i < interpreter->model.tensors.count; i++) {
        reset_tensor(interpreter, i);
    }
    for (uint32_t i = 0; i < interpreter->model.operators.count; i++) {
        reset_handle(interpreter, &nn_records(interpreter)[i]);
    }
}
