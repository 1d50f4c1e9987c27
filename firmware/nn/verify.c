/* What every part of a set-up relies on: after it, each index and each tensor that an op uses is
 * sound, and so is what the op keeps. */
#include "planner.h"
#include "schema.h"
#include "setup.h"
#include "state.h"

bool nn_setup_fail(nn_setup *s, const char *message) {
    s->error->message = message;
    return false;
}

bool nn_setup_fail_op(nn_setup *s, uint32_t i, int32_t code, const nn_op *op, const char *message) {
    s->error->op_index = (int32_t)i;
    s->error->op_code = code;
    s->error->op_name = op == NULL ? NULL : op->name;
    return nn_setup_fail(s, message);
}

bool nn_setup_fail_arena(nn_setup *s, uint64_t needed) {
    if (needed > INT32_MAX) {
        return nn_setup_fail(s, NN_TOO_MUCH);
    }
    s->error->needed = (uint32_t)needed;
    return nn_setup_fail(s, "arena too small");
}

/* Whether a tensor is packed, and no weights of an op that takes such. */
static bool is_misplaced(const nn_tensor *tensor, const nn_op *reader, uint32_t i) {
    return NN_WITH_INT4 && tensor->type == NN_INT4 &&
           (reader == NULL || !reader->takes_int4 || i != NN_WEIGHTS || tensor->data == NULL);
}

/* Whether a tensor claims more than the one handle that its place has room for. */
static bool is_many_handles(const nn_tensor *tensor) {
    return NN_WITH_STATE && tensor->type == NN_RESOURCE &&
           tensor->bytes != nn_model_element_size(NN_RESOURCE);
}

const char *nn_setup_verify_tensors(const nn_setup *s, const nn_vector *vector,
                                    const nn_op *reader) {
    const nn_model *model = &s->interpreter->model;
    for (uint32_t i = 0; i < vector->count; i++) {
        nn_model_tensor tensor;
        int32_t index = nn_tensor_index(s->interpreter, vector, i);
        if (index == -1 && reader != NULL && reader->may_lack && i > 0) {
            continue;
        }
        if (index < 0 || (uint32_t)index >= model->tensors.count) {
            return "tensor index is out of range";
        }
        const char *problem = nn_model_read_tensor(model, (uint32_t)index, &tensor);
        if (problem != NULL) {
            return problem;
        }
        if (is_misplaced(&tensor.tensor, reader, i) || is_many_handles(&tensor.tensor)) {
            return "tensor type is not supported here";
        }
    }
    return NULL;
}

/* The type of input i; that of nothing if there is none. The vector need not be verified. */
static nn_type type_of(const nn_interpreter *interpreter, const nn_vector *inputs, uint32_t i) {
    nn_model_tensor tensor;
    int32_t index = i < inputs->count ? nn_tensor_index(interpreter, inputs, i) : -1;
    bool is_sound =
        index >= 0 && nn_model_read_tensor(&interpreter->model, (uint32_t)index, &tensor) == NULL;
    return is_sound ? tensor.tensor.type : NN_BOOL;
}

/* Whether an op, of several for one code, is for inputs of these types. */
static bool is_for(const nn_op *op, nn_type first, nn_type second) {
    bool has_weights = second == NN_INT8 || second == NN_INT4;
    return (!op->is_float || first == NN_FLOAT32) && (!op->is_hybrid || has_weights) &&
           (!op->is_int16 || first == NN_INT16);
}

/* Whether operator i names an op: by its code and, if it is a custom one, by its own name. */
static bool is_called(const nn_interpreter *interpreter, uint32_t i, const nn_model_operator *read,
                      const nn_op *op) {
    bool is_custom = NN_WITH_CUSTOM && read->code == BUILTIN_CUSTOM;
    return op->code == read->code &&
           (!is_custom || nn_model_is_custom(&interpreter->model, i, op->name));
}

/* The op for a code, or the end of the list; of several for one code the last that is for the types
 * of the inputs. */
static uint32_t find_op(const nn_interpreter *interpreter, uint32_t i,
                        const nn_model_operator *read) {
    nn_resolver ops = interpreter->ops;
    uint32_t found = 0;
    while (ops[found] != NULL && !is_called(interpreter, i, read, ops[found])) {
        found++;
    }
    if (NN_WITH_FLOAT || NN_WITH_INT16) {
        nn_type first = type_of(interpreter, &read->inputs, 0);
        nn_type second = type_of(interpreter, &read->inputs, 1);
        for (uint32_t at = found; ops[at] != NULL; at++) {
            bool is_it = is_called(interpreter, i, read, ops[at]) && is_for(ops[at], first, second);
            found = is_it ? at : found;
        }
    }
    return found;
}

bool nn_setup_read_node(nn_setup *s, uint32_t i, nn_node *node) {
    const nn_interpreter *interpreter = s->interpreter;
    nn_model_operator read;
    const char *problem = nn_model_read_operator(&interpreter->model, i, &read);
    if (problem != NULL) {
        return nn_setup_fail_op(s, i, -1, NULL, problem);
    }
    const nn_op *op = interpreter->ops[find_op(interpreter, i, &read)];
    if (op == NULL) {
        return nn_setup_fail_op(s, i, read.code, NULL, "op is not in the engine");
    }
    if (read.options_type != 0 && read.options_type != op->options_type) {
        return nn_setup_fail_op(s, i, read.code, op, "options are those of another op");
    }
    problem = nn_setup_verify_tensors(s, &read.inputs, op);
    if (problem == NULL) {
        problem = nn_setup_verify_tensors(s, &read.outputs, NULL);
    }
    if (problem != NULL) {
        return nn_setup_fail_op(s, i, read.code, op, problem);
    }
    *node = (nn_node){
        .interpreter = interpreter,
        .op = op,
        .inputs = read.inputs,
        .outputs = read.outputs,
        .fb = interpreter->model.fb,
        .options = read.options,
    };
    return true;
}

/* What is read from a variable, or assigned to it, is as large as that. */
static uint32_t variable_bytes(const nn_node *node) {
    uint32_t bytes = 0;
    if (node->op->code == BUILTIN_READ_VARIABLE) {
        bytes = nn_node_output(node, 0).tensor.bytes;
    } else if (node->op->code == BUILTIN_ASSIGN_VARIABLE) {
        bytes = nn_node_input(node, 1).tensor.bytes;
    }
    return nn_aligned(bytes, NN_ALIGNMENT);
}

/* A size that suffices, without any sharing. */
bool nn_setup_fail_unplanned(nn_setup *s) {
    const nn_model *model = &s->interpreter->model;
    uint64_t tensors = 0;
    uint64_t planning = 0;
    for (uint32_t i = 0; i < model->tensors.count; i++) {
        nn_model_tensor read;
        if (nn_model_read_tensor(model, i, &read) == NULL && read.tensor.data == NULL) {
            tensors += nn_aligned(read.tensor.bytes, NN_ALIGNMENT);
            planning += sizeof(nn_block);
        }
    }
    for (uint32_t i = 0; i < model->operators.count; i++) {
        nn_node node;
        if (!nn_setup_read_node(s, i, &node)) {
            return false;
        }
        if (NN_WITH_STATE) {
            tensors += variable_bytes(&node);
        }
        if (NN_WITH_FOLDING) {
            tensors += nn_aligned(sizeof(nn_closed_shape), 8);
        }
        if (NN_WITH_INT4 || node.op->scratch_size != NULL) {
            tensors += nn_aligned(nn_setup_scratch_size(&node), NN_ALIGNMENT);
            planning += sizeof(nn_block);
        }
    }
    tensors += s->tensors;
    planning += s->params;
    return nn_setup_fail_arena(s, tensors > planning ? tensors : planning);
}

bool nn_setup_prepare(nn_setup *s, uint32_t i, nn_node *node) {
    if (!node->op->prepare(node)) {
        return nn_setup_fail_op(s, i, node->op->code, node->op, node->problem);
    }
    return !node->fb.malformed ||
           nn_setup_fail_op(s, i, node->op->code, node->op, "options are malformed");
}

bool nn_setup_add_block(nn_setup *s, uint32_t size, uint32_t time) {
    if ((s->block_count + 1) * sizeof(nn_block) > s->arena_size - s->params) {
        return nn_setup_fail_unplanned(s);
    }
    nn_setup_blocks(s)[s->block_count] = (nn_block){
        .size = size, .first = (uint16_t)time, .last = (uint16_t)time, .successor = NN_NO_BLOCK};
    s->block_count++;
    return true;
}
