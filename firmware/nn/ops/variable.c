/* VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE and CALL_ONCE: variables with names, of any type. The
 * set-up has found what each handle stands for, and that all of its values are of one size. */
#include <string.h>

#include "op.h"
#include "ops/ops.h"
#include "schema.h"
#include "state.h"
#include "variables.h"

typedef struct {
    uint32_t bytes;
} access_params;

static uint32_t access_params_size(const nn_node *node) {
    (void)node;
    return sizeof(access_params);
}

static uint32_t handle_params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_handle_params);
}

static uint32_t no_params(const nn_node *node) {
    (void)node;
    return 0;
}

static void invoke_nothing(const nn_node *node) {
    (void)node;
}

/* ---- CALL_ONCE ---- */

/* The graph that the first CALL_ONCE names; -1 if there is none. */
static int32_t find_initial(const nn_model *model) {
    nn_flatbuffer fb = model->fb;
    for (uint32_t i = 0; i < model->operators.count; i++) {
        nn_model_operator op;
        if (nn_model_read_operator(model, i, &op) == NULL && op.code == BUILTIN_CALL_ONCE) {
            return nn_fb_i32(&fb, &op.options, CALL_ONCE_GRAPH, 0);
        }
    }
    return -1;
}

static bool is_constant(const nn_model *model, int32_t tensor) {
    nn_model_tensor read;
    return (uint32_t)tensor < model->tensors.count &&
           nn_model_read_tensor(model, (uint32_t)tensor, &read) == NULL && read.tensor.data != NULL;
}

/* Whether the op names a variable, or assigns a constant to one. */
static bool is_initial(const nn_model *model, uint32_t i) {
    nn_model_operator op;
    int32_t handle;
    int32_t value;
    if (nn_model_read_operator(model, i, &op) != NULL) {
        return false;
    }
    bool assigns = op.code == BUILTIN_ASSIGN_VARIABLE &&
                   nn_variable_access(model, &op, &handle, &value) && is_constant(model, value);
    return assigns || op.code == BUILTIN_VAR_HANDLE;
}

static bool prepare_call_once(nn_node *node) {
    const nn_model *model = &node->interpreter->model;
    nn_model initial;
    int32_t graph = nn_option_i32(node, CALL_ONCE_GRAPH, 0);
    if (graph != find_initial(model)) {
        return nn_fail(node, "more than one graph to begin with is not supported");
    }
    bool only_assigns = nn_open_initial(model, graph, &initial);
    for (uint32_t i = 0; only_assigns && i < initial.operators.count; i++) {
        only_assigns = is_initial(&initial, i);
    }
    return only_assigns || nn_fail(node, "its graph does more than assign constants to variables");
}

/* ---- VAR_HANDLE ---- */

/* The last op of the initial graph that assigns to a handle, and the constant; -1 if there is none.
 */
static int32_t last_assignment(const nn_model *initial, const nn_model_operator *handle_op,
                               int32_t *constant) {
    nn_flatbuffer fb = initial->fb;
    int32_t wanted = nn_fb_i32_at(&fb, &handle_op->outputs, 0);
    int32_t last = -1;
    for (uint32_t i = 0; i < initial->operators.count; i++) {
        nn_model_operator op;
        int32_t handle;
        int32_t value;
        if (nn_model_read_operator(initial, i, &op) == NULL && op.code == BUILTIN_ASSIGN_VARIABLE &&
            nn_variable_access(initial, &op, &handle, &value) && handle == wanted) {
            last = (int32_t)i;
            *constant = value;
        }
    }
    return last;
}

/* What a variable holds at first, in the initial graph; false if that does not say. Several handles
 * may stand for it, and several ops assign to each: the last one counts. */
static bool find_constant(const nn_model *initial, const nn_model_operator *named,
                          nn_model_tensor *constant) {
    uint32_t handles = 0;
    int32_t last = -1;
    int32_t found = -1;
    for (uint32_t i = 0; handles < NN_MOST_HANDLES && i < initial->operators.count; i++) {
        nn_model_operator op;
        int32_t value;
        if (nn_model_read_operator(initial, i, &op) != NULL || op.code != BUILTIN_VAR_HANDLE) {
            continue;
        }
        handles++;
        int32_t at =
            nn_same_variable(initial, named, &op) ? last_assignment(initial, &op, &value) : -1;
        if (at > last) {
            last = at;
            found = value;
        }
    }
    return last >= 0 && is_constant(initial, found) &&
           nn_model_read_tensor(initial, (uint32_t)found, constant) == NULL;
}

/* The op of a model that a node is. */
static bool find_op(const nn_node *node, nn_model_operator *op) {
    const nn_model *model = &node->interpreter->model;
    bool found = false;
    for (uint32_t i = 0; !found && i < model->operators.count; i++) {
        found = nn_model_read_operator(model, i, op) == NULL &&
                op->outputs.start == node->outputs.start;
    }
    return found;
}

/* The bytes of the variable that a handle stands for; 0 if nothing reads or assigns it. */
static uint32_t size_of(const nn_interpreter *interpreter, int32_t handle) {
    const nn_model *model = &interpreter->model;
    const uint32_t *locations = nn_locations(interpreter);
    for (uint32_t i = 0; i < model->operators.count; i++) {
        nn_model_operator op;
        nn_model_tensor read;
        int32_t other;
        int32_t value;
        if (nn_model_read_operator(model, i, &op) == NULL &&
            nn_variable_access(model, &op, &other, &value) &&
            locations[other] == locations[handle]) {
            nn_model_read_tensor(model, (uint32_t)value, &read);
            return read.tensor.bytes;
        }
    }
    return 0;
}

static bool prepare_handle(nn_node *node) {
    const nn_model *model = &node->interpreter->model;
    nn_handle_params *p = node->params;
    nn_model initial;
    nn_model_operator op;
    nn_model_tensor constant;
    if (!nn_check_counts(node, 0, 0) || !find_op(node, &op)) {
        return nn_fail(node, "unexpected number of inputs or outputs");
    }
    p->bytes = size_of(node->interpreter, nn_tensor_index(node->interpreter, &node->outputs, 0));
    p->initial = NN_NOWHERE;
    if (p->bytes == 0 || !nn_open_initial(model, find_initial(model), &initial) ||
        !find_constant(&initial, &op, &constant)) {
        return true;
    }
    if (constant.tensor.bytes != p->bytes) {
        return nn_fail(node, "variable begins with another size");
    }
    p->initial = (uint32_t)((const uint8_t *)constant.tensor.data - model->fb.data);
    return true;
}

/* ---- READ_VARIABLE, ASSIGN_VARIABLE ---- */

static bool has_handle(nn_node *node) {
    bool present = nn_node_input(node, 0).tensor.type == NN_RESOURCE;
    return present || nn_fail(node, "input is no variable's handle");
}

static bool prepare_read(nn_node *node) {
    access_params *p = node->params;
    p->bytes = nn_node_output(node, 0).tensor.bytes;
    return nn_check_counts(node, 1, 1) && has_handle(node);
}

static void invoke_read(const nn_node *node) {
    const access_params *p = node->params;
    memcpy(nn_output_data(node, 0), nn_variable_data(node, 0), p->bytes);
}

static bool prepare_assign(nn_node *node) {
    access_params *p = node->params;
    p->bytes = nn_node_input(node, 1).tensor.bytes;
    if (node->inputs.count != 2 || node->outputs.count != 0 || p->bytes == 0) {
        return nn_fail(node, "unexpected number of inputs or outputs");
    }
    return has_handle(node);
}

static void invoke_assign(const nn_node *node) {
    const access_params *p = node->params;
    memcpy(nn_variable_data(node, 0), nn_input_data(node, 1), p->bytes);
}

const nn_op nn_op_assign_variable = {
    .name = "ASSIGN_VARIABLE",
    .code = BUILTIN_ASSIGN_VARIABLE,
    .options_type = OPTIONS_ASSIGN_VARIABLE,
    .params_size = access_params_size,
    .prepare = prepare_assign,
    .invoke = invoke_assign,
};

const nn_op nn_op_call_once = {
    .name = "CALL_ONCE",
    .code = BUILTIN_CALL_ONCE,
    .options_type = OPTIONS_CALL_ONCE,
    .params_size = no_params,
    .prepare = prepare_call_once,
    .invoke = invoke_nothing,
};

const nn_op nn_op_read_variable = {
    .name = "READ_VARIABLE",
    .code = BUILTIN_READ_VARIABLE,
    .options_type = OPTIONS_READ_VARIABLE,
    .params_size = access_params_size,
    .prepare = prepare_read,
    .invoke = invoke_read,
};

const nn_op nn_op_var_handle = {
    .name = "VAR_HANDLE",
    .code = BUILTIN_VAR_HANDLE,
    .options_type = OPTIONS_VAR_HANDLE,
    .params_size = handle_params_size,
    .prepare = prepare_handle,
    .invoke = invoke_nothing,
};
