/* Runs a model that nn_init() has set up, and answers questions about it. */
#include "interpreter.h"

#include "nn.h"
#include "op.h"
#include "packed.h"
#include "schema.h"
#include "state.h"

static void *locate(const nn_interpreter *interpreter, int32_t index) {
    if (index < 0) {
        return NULL;
    }
    uint32_t location = nn_locations(interpreter)[index];
    if ((location & NN_IN_MODEL) != 0) {
        return (void *)(uintptr_t)(interpreter->model.fb.data + (location & ~NN_IN_MODEL));
    }
    return interpreter->arena + location;
}

static nn_tensor tensor_at(const nn_interpreter *interpreter, const nn_vector *vector, uint32_t i) {
    nn_model_tensor read;
    int32_t index = nn_tensor_index(interpreter, vector, i);
    nn_model_read_tensor(&interpreter->model, (uint32_t)index, &read);
    read.tensor.data = locate(interpreter, index);
    return read.tensor;
}

bool nn_invoke(nn_interpreter *interpreter, nn_error *error) {
    *error = (nn_error){.op_index = -1, .op_code = -1};
    if (!interpreter->ready) {
        error->message = "interpreter is not set up";
        return false;
    }
    const nn_record *records = nn_records(interpreter);
    for (uint32_t i = 0; i < interpreter->model.operators.count; i++) {
        const nn_record *record = &records[i];
        const nn_op *op = interpreter->ops[record->op];
        nn_node node = {
            .interpreter = interpreter,
            .op = op,
            .params = interpreter->arena + record->params,
            .scratch = interpreter->arena + (record->scratch == NN_NOWHERE ? 0 : record->scratch),
            .inputs = nn_inputs_of(record),
            .outputs = nn_outputs_of(record),
        };
        if (NN_WITH_INT4) {
            node.scratch = nn_unpack_weights(interpreter, record);
        }
        if (!nn_are_folded(interpreter, &node.outputs)) {
            op->invoke(&node);
        }
        if (interpreter->hook != NULL) {
            interpreter->hook(interpreter->hook_context, i);
        }
    }
    return true;
}

uint32_t nn_input_count(const nn_interpreter *interpreter) {
    return interpreter->model.inputs.count;
}

uint32_t nn_output_count(const nn_interpreter *interpreter) {
    return interpreter->model.outputs.count;
}

nn_tensor nn_input(const nn_interpreter *interpreter, uint32_t i) {
    return tensor_at(interpreter, &interpreter->model.inputs, i);
}

nn_tensor nn_output(const nn_interpreter *interpreter, uint32_t i) {
    return tensor_at(interpreter, &interpreter->model.outputs, i);
}

uint32_t nn_arena_used(const nn_interpreter *interpreter) {
    return interpreter->arena_used;
}

uint32_t nn_op_count(const nn_interpreter *interpreter) {
    return interpreter->model.operators.count;
}

const char *nn_op_name(const nn_interpreter *interpreter, uint32_t i) {
    return interpreter->ops[nn_records(interpreter)[i].op]->name;
}

uint32_t nn_op_output_count(const nn_interpreter *interpreter, uint32_t i) {
    const nn_record *record = &nn_records(interpreter)[i];
    bool is_handle = NN_WITH_STATE && interpreter->ops[record->op]->code == BUILTIN_VAR_HANDLE;
    return is_handle ? 0 : record->output_count;
}

nn_tensor nn_op_output(const nn_interpreter *interpreter, uint32_t i, uint32_t j) {
    const nn_vector outputs = nn_outputs_of(&nn_records(interpreter)[i]);
    return tensor_at(interpreter, &outputs, j);
}

void nn_set_hook(nn_interpreter *interpreter, nn_hook hook, void *context) {
    interpreter->hook = hook;
    interpreter->hook_context = context;
}

/* ---- What ops see ---- */

const void *nn_input_data(const nn_node *node, uint32_t i) {
    if (i >= node->inputs.count) {
        return NULL;
    }
    return locate(node->interpreter, nn_tensor_index(node->interpreter, &node->inputs, i));
}

void *nn_output_data(const nn_node *node, uint32_t i) {
    return locate(node->interpreter, nn_tensor_index(node->interpreter, &node->outputs, i));
}
