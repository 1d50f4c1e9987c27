/* nn_init(): verifies the model, folds what it can, plans its tensors into the arena, and prepares
 * its ops. */
#include "setup.h"

#include "planner.h"
#include "schema.h"
#include "state.h"

/* Bytes of the arena before the tensors; what is folded, too, then lies below NN_IS_BLOCK. */
enum { MOST_BEFORE_TENSORS = 1 << 29 };

static uint32_t number_of(uint32_t location) {
    return location & ~NN_IS_BLOCK;
}

static bool is_block(uint32_t location) {
    return (location & (NN_IN_MODEL | NN_IS_BLOCK)) == NN_IS_BLOCK;
}

static uint64_t larger(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* Finds where the parameters end, and the tensors start; for ops that are on record, where the
 * parameters of each lie, too. */
static bool place_params(nn_setup *s, bool are_recorded) {
    nn_record *records = nn_records(s->interpreter);
    uint32_t end = s->params;
    for (uint32_t i = 0; i < s->interpreter->model.operators.count; i++) {
        nn_node node;
        if (!nn_setup_read_node(s, i, &node)) {
            return false;
        }
        uint32_t size = node.op->params_size(&node);
        if (are_recorded) {
            records[i].params = end;
            size = nn_are_folded(s->interpreter, &node.outputs) ? 0 : size;
        }
        if (size > MOST_BEFORE_TENSORS || end > MOST_BEFORE_TENSORS - size) {
            return nn_setup_fail(s, NN_TOO_MUCH);
        }
        end = nn_aligned(end + size, 8);
    }
    s->tensors = nn_aligned(end, NN_ALIGNMENT);
    return true;
}

/* Verifies the model, and finds how much the arena holds before the tensors. */
static bool lay_out(nn_setup *s) {
    const nn_interpreter *interpreter = s->interpreter;
    const nn_model *model = &interpreter->model;
    const char *problem = nn_setup_verify_tensors(s, &model->inputs, NULL);
    if (problem == NULL) {
        problem = nn_setup_verify_tensors(s, &model->outputs, NULL);
    }
    if (problem != NULL) {
        return nn_setup_fail(s, problem);
    }
    s->params = nn_aligned(
        nn_records_offset(interpreter) + model->operators.count * (uint32_t)sizeof(nn_record), 8);
    return place_params(s, false);
}

/* ---- Planning ---- */

/* Gives the tensors that a vector names their blocks, written at the given time. */
static bool define_all(nn_setup *s, const nn_vector *vector, uint32_t time) {
    uint32_t *locations = nn_locations(s->interpreter);
    for (uint32_t i = 0; i < vector->count; i++) {
        nn_model_tensor read;
        uint32_t index = (uint32_t)nn_tensor_index(s->interpreter, vector, i);
        if (locations[index] != NN_NOWHERE) {
            return nn_setup_fail(s, NN_WRITTEN_TWICE);
        }
        nn_model_read_tensor(&s->interpreter->model, index, &read);
        locations[index] = NN_IS_BLOCK | s->block_count;
        if (!nn_setup_add_block(s, read.tensor.bytes, time)) {
            return false;
        }
    }
    return true;
}

/* Gives op i its scratch memory. */
static bool define_scratch(nn_setup *s, uint32_t i, const nn_node *node) {
    uint32_t size = nn_setup_scratch_size(node);
    nn_records(s->interpreter)[i].scratch = size > 0 ? s->block_count : NN_NOWHERE;
    return size == 0 || nn_setup_add_block(s, size, i + 1);
}

/* Keeps the tensors that a vector names alive until the given time. */
static bool use_all(nn_setup *s, const nn_vector *vector, uint32_t time) {
    const uint32_t *locations = nn_locations(s->interpreter);
    for (uint32_t i = 0; i < vector->count; i++) {
        int32_t index = nn_tensor_index(s->interpreter, vector, i);
        if (index < 0) {
            continue;
        }
        if (locations[index] == NN_NOWHERE) {
            return nn_setup_fail(s, "tensor is read before it is written");
        }
        if (is_block(locations[index])) {
            nn_block *block = &nn_setup_blocks(s)[number_of(locations[index])];
            bool lasts = NN_WITH_STATE && block->last > time;
            block->last = lasts ? block->last : (uint16_t)time;
        }
    }
    return true;
}

/* Whether an op's outputs have their places already. */
static bool are_defined(const nn_node *node) {
    bool is_handle = NN_WITH_STATE && node->op->code == BUILTIN_VAR_HANDLE;
    return is_handle || nn_are_folded(node->interpreter, &node->outputs);
}

/* Finds when each tensor is alive: from time 0, when the inputs are written, over time i + 1, when
 * op i runs, to a last time, when the outputs are read. */
static bool find_lifetimes(nn_setup *s) {
    const nn_model *model = &s->interpreter->model;
    if ((NN_WITH_STATE && !nn_define_lasting(s)) || !define_all(s, &model->inputs, 0)) {
        return false;
    }
    for (uint32_t i = 0; i < model->operators.count; i++) {
        nn_node node;
        if (!nn_setup_read_node(s, i, &node)) {
            return false;
        }
        if (!use_all(s, &node.inputs, i + 1) || !define_scratch(s, i, &node) ||
            !(are_defined(&node) || define_all(s, &node.outputs, i + 1))) {
            return nn_setup_fail_op(s, i, node.op->code, node.op, s->error->message);
        }
    }
    return use_all(s, &model->outputs, model->operators.count + 1);
}

/* Whether all of an op's inputs that are this tensor may be replaced in memory. */
static bool is_replaceable(const nn_node *node, int32_t tensor, uint32_t mask) {
    bool replaceable = true;
    for (uint32_t i = 0; i < node->inputs.count; i++) {
        bool allowed = i < 8 && (mask >> i & 1u) != 0;
        bool same = nn_tensor_index(node->interpreter, &node->inputs, i) == tensor;
        replaceable = replaceable && (allowed || !same);
    }
    return replaceable;
}

/* Lets output 0 of an op overlap one input that the op is the last to use. */
static void allow_overlap(nn_setup *s, const nn_node *node, uint32_t time, uint32_t input,
                          uint32_t mask, uint32_t lead) {
    const uint32_t *locations = nn_locations(s->interpreter);
    int32_t index = nn_tensor_index(s->interpreter, &node->inputs, input);
    if (index < 0 || !is_block(locations[index]) || !is_replaceable(node, index, mask)) {
        return;
    }
    nn_block *block = &nn_setup_blocks(s)[number_of(locations[index])];
    if (block->last == time) {
        int32_t output = nn_tensor_index(s->interpreter, &node->outputs, 0);
        block->successor = (uint16_t)number_of(locations[output]);
        block->lead = lead;
    }
}

static bool allow_overlaps(nn_setup *s, uint32_t i) {
    nn_node node;
    if (!nn_setup_read_node(s, i, &node)) {
        return false;
    }
    if (node.outputs.count == 0 || nn_are_folded(s->interpreter, &node.outputs)) {
        return true;
    }
    uint32_t bytes = nn_node_output(&node, 0).tensor.bytes;
    for (uint32_t input = 0; input < node.inputs.count && input < 8; input++) {
        bool in_place = (node.op->in_place >> input & 1u) != 0;
        if (in_place && nn_node_input(&node, input).tensor.bytes == bytes) {
            allow_overlap(s, &node, i + 1, input, node.op->in_place, 0);
        }
    }
    uint32_t lead = node.op->lead == NULL ? NN_NO_LEAD : node.op->lead(&node);
    if (lead != NN_NO_LEAD) {
        allow_overlap(s, &node, i + 1, 0, 1, lead);
    }
    return true;
}

/* Turns the blocks' numbers into places. */
static void place_tensors(const nn_setup *s) {
    const nn_model *model = &s->interpreter->model;
    uint32_t *locations = nn_locations(s->interpreter);
    for (uint32_t i = 0; i < model->tensors.count; i++) {
        if (is_block(locations[i])) {
            locations[i] = s->tensors + nn_setup_blocks(s)[number_of(locations[i])].offset;
        }
    }
    for (uint32_t i = 0; i < model->operators.count; i++) {
        nn_record *record = &nn_records(s->interpreter)[i];
        if (record->scratch != NN_NOWHERE) {
            record->scratch = s->tensors + nn_setup_blocks(s)[record->scratch].offset;
        }
    }
}

static bool plan(nn_setup *s) {
    nn_interpreter *interpreter = s->interpreter;
    if (!find_lifetimes(s)) {
        return false;
    }
    for (uint32_t i = 0; i < interpreter->model.operators.count; i++) {
        if (!allow_overlaps(s, i)) {
            return false;
        }
    }
    uint64_t planning = s->params + (uint64_t)s->block_count * sizeof(nn_block);
    if (NN_WITH_FOLDING) {
        planning = larger(planning, s->folding_end);
    }
    uint64_t needed =
        larger(s->tensors + (uint64_t)nn_plan(nn_setup_blocks(s), s->block_count), planning);
    if (needed > s->arena_size) {
        return nn_setup_fail_arena(s, needed);
    }
    interpreter->arena_used = (uint32_t)needed;
    place_tensors(s);
    return true;
}

/* ---- Ops ---- */

static uint16_t index_of(nn_resolver ops, const nn_op *op) {
    uint16_t i = 0;
    while (ops[i] != op) {
        i++;
    }
    return i;
}

/* Constants get their location; all else is nowhere yet. */
static void locate_constants(const nn_setup *s) {
    const nn_model *model = &s->interpreter->model;
    uint32_t *locations = nn_locations(s->interpreter);
    for (uint32_t i = 0; i < model->tensors.count; i++) {
        nn_model_tensor read;
        locations[i] = NN_NOWHERE;
        if (nn_model_read_tensor(model, i, &read) == NULL && read.tensor.data != NULL) {
            const uint8_t *data = read.tensor.data;
            locations[i] = NN_IN_MODEL | (uint32_t)(data - model->fb.data);
        }
    }
}

static bool record_ops(nn_setup *s) {
    nn_record *records = nn_records(s->interpreter);
    for (uint32_t i = 0; i < s->interpreter->model.operators.count; i++) {
        nn_node node;
        if (!nn_setup_read_node(s, i, &node)) {
            return false;
        }
        records[i] = (nn_record){
            .inputs = node.inputs.start,
            .outputs = node.outputs.start,
            .scratch = NN_NOWHERE,
            .op = index_of(s->interpreter->ops, node.op),
            .input_count = (uint8_t)node.inputs.count,
            .output_count = (uint8_t)node.outputs.count,
        };
    }
    return true;
}

static bool prepare_ops(nn_setup *s) {
    const nn_interpreter *interpreter = s->interpreter;
    for (uint32_t i = 0; i < interpreter->model.operators.count; i++) {
        nn_node node;
        if (!nn_setup_read_node(s, i, &node)) {
            return false;
        }
        if (nn_are_folded(interpreter, &node.outputs)) {
            continue;
        }
        node.params = interpreter->arena + nn_records(interpreter)[i].params;
        if (!nn_setup_prepare(s, i, &node)) {
            return false;
        }
    }
    return true;
}

static bool set_up(nn_setup *s) {
    if (!lay_out(s)) {
        return false;
    }
    if (s->arena_size < s->params) {
        return nn_setup_fail_unplanned(s);
    }
    locate_constants(s);
    return record_ops(s) && (!NN_WITH_FOLDING || nn_fold(s)) && place_params(s, true) && plan(s) &&
           prepare_ops(s);
}

bool nn_init(nn_interpreter *interpreter, const uint8_t *model, size_t model_size, nn_resolver ops,
             uint8_t *arena, size_t arena_size, nn_error *error) {
    *error = (nn_error){.op_index = -1, .op_code = -1};
    *interpreter = (nn_interpreter){.ops = ops, .arena = arena};
    nn_setup s = {.interpreter = interpreter, .error = error};
    s.arena_size = arena_size > INT32_MAX ? INT32_MAX : (uint32_t)arena_size;
    if (((uintptr_t)model | (uintptr_t)arena) % NN_ALIGNMENT != 0) {
        return nn_setup_fail(&s, "model or arena is not 16-byte aligned");
    }
    const char *problem = nn_model_open(&interpreter->model, model, model_size);
    if (problem != NULL) {
        return nn_setup_fail(&s, problem);
    }
    interpreter->ready = set_up(&s);
    if (NN_WITH_STATE) {
        nn_reset(interpreter);
    }
    return interpreter->ready;
}
