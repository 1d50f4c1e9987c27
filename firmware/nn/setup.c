/* nn_init(): verifies the model, plans its tensors into the arena, and prepares its ops. */
#include "interpreter.h"
#include "nn.h"
#include "op.h"
#include "planner.h"
#include "state.h"

/* Bytes of the arena before the tensors; what is folded, too, then lies below NN_IN_ARENA. */
enum { MOST_BEFORE_TENSORS = 1 << 29 };

/* A set-up under way. */
typedef struct {
    nn_interpreter *interpreter;
    nn_error *error;
    uint32_t arena_size;
    uint32_t params;      /* where the ops' parameters start in the arena */
    uint32_t tensors;     /* where the tensors start that share memory */
    uint32_t block_count; /* while planning, a tensor's location is the number of its block */
} setup;

static const char written_twice[] = "tensor is written twice, or is constant";

static bool fail(setup *s, const char *message) {
    s->error->message = message;
    return false;
}

static bool fail_op(setup *s, uint32_t index, int32_t code, const nn_op *op, const char *message) {
    s->error->op_index = (int32_t)index;
    s->error->op_code = code;
    s->error->op_name = op == NULL ? NULL : op->name;
    return fail(s, message);
}

static bool fail_arena(setup *s, uint64_t needed) {
    if (needed > INT32_MAX) {
        return fail(s, "model needs too much memory");
    }
    s->error->needed = (uint32_t)needed;
    return fail(s, "arena too small");
}

/* While planning, the blocks lie where parameters and tensors will. */
static nn_block *blocks(const setup *s) {
    return (nn_block *)(void *)(s->interpreter->arena + s->params);
}

static uint64_t larger(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* ---- Verification. After it, every index and every tensor that an op uses is sound. ---- */

/* What is wrong with one of the tensors that a vector names, or NULL. */
static const char *verify_tensors(const setup *s, const nn_vector *vector, bool may_be_absent) {
    const nn_model *model = &s->interpreter->model;
    for (uint32_t i = 0; i < vector->count; i++) {
        nn_model_tensor tensor;
        int32_t index = nn_tensor_index(s->interpreter, vector, i);
        if (index == -1 && may_be_absent) {
            continue;
        }
        if (index < 0 || (uint32_t)index >= model->tensors.count) {
            return "tensor index is out of range";
        }
        const char *problem = nn_model_read_tensor(model, (uint32_t)index, &tensor);
        if (problem != NULL) {
            return problem;
        }
    }
    return NULL;
}

/* Whether input 0 is float32; false if there is none. The vector need not be verified. */
static bool takes_float(const nn_interpreter *interpreter, const nn_vector *inputs) {
    nn_model_tensor tensor;
    int32_t index = inputs->count > 0 ? nn_tensor_index(interpreter, inputs, 0) : -1;
    return index >= 0 &&
           nn_model_read_tensor(&interpreter->model, (uint32_t)index, &tensor) == NULL &&
           tensor.tensor.type == NN_FLOAT32;
}

/* The op for a code, or the end of the list; of two for one code the one for the type of input 0.
 */
static uint32_t find_op(const nn_interpreter *interpreter, const nn_model_operator *read) {
    nn_resolver ops = interpreter->ops;
    bool is_float = NN_WITH_FLOAT && takes_float(interpreter, &read->inputs);
    uint32_t found = 0;
    while (ops[found] != NULL && ops[found]->code != read->code) {
        found++;
    }
    for (uint32_t i = found; is_float && ops[i] != NULL; i++) {
        found = ops[i]->code == read->code && ops[i]->is_float ? i : found;
    }
    return found;
}

/* Reads and verifies operator i; *node is as its op's functions get it, without parameters. */
static bool read_node(setup *s, uint32_t i, nn_node *node) {
    const nn_interpreter *interpreter = s->interpreter;
    nn_model_operator read;
    const char *problem = nn_model_read_operator(&interpreter->model, i, &read);
    if (problem != NULL) {
        return fail_op(s, i, -1, NULL, problem);
    }
    const nn_op *op = interpreter->ops[find_op(interpreter, &read)];
    if (op == NULL) {
        return fail_op(s, i, read.code, NULL, "op is not in the engine");
    }
    if (read.options_type != 0 && read.options_type != op->options_type) {
        return fail_op(s, i, read.code, op, "options are those of another op");
    }
    problem = verify_tensors(s, &read.inputs, true);
    if (problem == NULL) {
        problem = verify_tensors(s, &read.outputs, false);
    }
    if (problem != NULL) {
        return fail_op(s, i, read.code, op, problem);
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

/* Verifies the model, and finds how much the arena holds before the tensors. */
static bool lay_out(setup *s) {
    const nn_interpreter *interpreter = s->interpreter;
    const nn_model *model = &interpreter->model;
    const char *problem = verify_tensors(s, &model->inputs, false);
    if (problem == NULL) {
        problem = verify_tensors(s, &model->outputs, false);
    }
    if (problem != NULL) {
        return fail(s, problem);
    }
    s->params = nn_aligned(
        nn_records_offset(interpreter) + model->operators.count * (uint32_t)sizeof(nn_record), 8);
    uint64_t end = s->params;
    for (uint32_t i = 0; i < model->operators.count; i++) {
        nn_node node;
        if (!read_node(s, i, &node)) {
            return false;
        }
        end += nn_aligned(node.op->params_size(&node), 8);
    }
    if (end > MOST_BEFORE_TENSORS) {
        return fail(s, "model needs too much memory");
    }
    s->tensors = nn_aligned((uint32_t)end, NN_ALIGNMENT);
    return true;
}

/* ---- Planning ---- */

/* When the arena cannot even hold what planning needs: a size that does, without any sharing. */
static bool fail_arena_unplanned(setup *s) {
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
        if (!read_node(s, i, &node)) {
            return false;
        }
        if (node.op->scratch_size != NULL) {
            tensors += nn_aligned(node.op->scratch_size(&node), NN_ALIGNMENT);
            planning += sizeof(nn_block);
        }
    }
    return fail_arena(s, larger(s->tensors + tensors, s->params + planning));
}

/* Constants get their location; all else is nowhere yet. */
static void locate_constants(const setup *s) {
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

/* Adds a block that is in use at the given time; its number is s->block_count before. */
static bool add_block(setup *s, uint32_t size, uint32_t time) {
    if ((s->block_count + 1) * sizeof(nn_block) > s->arena_size - s->params) {
        return fail_arena_unplanned(s);
    }
    blocks(s)[s->block_count] = (nn_block){
        .size = size, .first = (uint16_t)time, .last = (uint16_t)time, .successor = NN_NO_BLOCK};
    s->block_count++;
    return true;
}

/* Gives the tensors that a vector names their blocks, written at the given time. */
static bool define_all(setup *s, const nn_vector *vector, uint32_t time) {
    uint32_t *locations = nn_locations(s->interpreter);
    for (uint32_t i = 0; i < vector->count; i++) {
        nn_model_tensor read;
        uint32_t index = (uint32_t)nn_tensor_index(s->interpreter, vector, i);
        if (locations[index] != NN_NOWHERE) {
            return fail(s, written_twice);
        }
        nn_model_read_tensor(&s->interpreter->model, index, &read);
        locations[index] = s->block_count;
        if (!add_block(s, read.tensor.bytes, time)) {
            return false;
        }
    }
    return true;
}

/* Gives op i its scratch memory. */
static bool define_scratch(setup *s, uint32_t i) {
    nn_record *record = &nn_records(s->interpreter)[i];
    nn_node node;
    if (!read_node(s, i, &node)) {
        return false;
    }
    uint32_t size = node.op->scratch_size == NULL ? 0 : node.op->scratch_size(&node);
    record->scratch = size > 0 ? s->block_count : NN_NOWHERE;
    return size == 0 || add_block(s, size, i + 1);
}

/* Whether a location is the number of a block. */
static bool is_block(uint32_t location) {
    return (location & (NN_IN_MODEL | NN_IN_ARENA)) == 0;
}

/* Whether all inputs that an op has are constants, or were folded. */
static bool has_constant_inputs(const setup *s, const nn_record *record) {
    const uint32_t *locations = nn_locations(s->interpreter);
    bool constant = true;
    for (uint32_t i = 0; constant && i < record->inputs.count; i++) {
        int32_t index = nn_tensor_index(s->interpreter, &record->inputs, i);
        constant = index < 0 || !is_block(locations[index]);
    }
    return constant;
}

static bool has_short_outputs(const setup *s, const nn_record *record) {
    bool is_short = record->outputs.count > 0;
    for (uint32_t i = 0; is_short && i < record->outputs.count; i++) {
        nn_model_tensor read;
        uint32_t index = (uint32_t)nn_tensor_index(s->interpreter, &record->outputs, i);
        nn_model_read_tensor(&s->interpreter->model, index, &read);
        is_short = (read.tensor.type == NN_INT32 || read.tensor.type == NN_INT64) &&
                   read.tensor.bytes <= NN_MOST_FOLDED;
    }
    return is_short;
}

static bool is_foldable(const setup *s, const nn_record *record) {
    nn_folding folding = s->interpreter->ops[record->op]->folding;
    return folding != NN_NEVER_FOLDED && has_short_outputs(s, record) &&
           (folding == NN_ALWAYS_FOLDED || has_constant_inputs(s, record));
}

/* Gives the outputs of an op that is folded a place of their own, before all that share memory. */
static bool define_folded(setup *s, const nn_vector *outputs) {
    uint32_t *locations = nn_locations(s->interpreter);
    for (uint32_t i = 0; i < outputs->count; i++) {
        nn_model_tensor read;
        uint32_t index = (uint32_t)nn_tensor_index(s->interpreter, outputs, i);
        if (locations[index] != NN_NOWHERE) {
            return fail(s, written_twice);
        }
        nn_model_read_tensor(&s->interpreter->model, index, &read);
        locations[index] = NN_IN_ARENA | s->tensors;
        s->tensors += nn_aligned(read.tensor.bytes, NN_ALIGNMENT);
    }
    return true;
}

static bool define_outputs(setup *s, const nn_record *record, uint32_t time) {
    return is_foldable(s, record) ? define_folded(s, &record->outputs)
                                  : define_all(s, &record->outputs, time);
}

/* Keeps the tensors that a vector names alive until the given time. */
static bool use_all(setup *s, const nn_vector *vector, uint32_t time) {
    const uint32_t *locations = nn_locations(s->interpreter);
    for (uint32_t i = 0; i < vector->count; i++) {
        int32_t index = nn_tensor_index(s->interpreter, vector, i);
        if (index < 0) {
            continue;
        }
        if (locations[index] == NN_NOWHERE) {
            return fail(s, "tensor is read before it is written");
        }
        if (is_block(locations[index])) {
            blocks(s)[locations[index]].last = (uint16_t)time;
        }
    }
    return true;
}

/* Finds when each tensor is alive: from time 0, when the inputs are written, over time i + 1, when
 * op i runs, to a last time, when the outputs are read. */
static bool find_lifetimes(setup *s) {
    const nn_model *model = &s->interpreter->model;
    locate_constants(s);
    if (!define_all(s, &model->inputs, 0)) {
        return false;
    }
    for (uint32_t i = 0; i < model->operators.count; i++) {
        const nn_record *record = &nn_records(s->interpreter)[i];
        if (!use_all(s, &record->inputs, i + 1) || !define_scratch(s, i) ||
            !define_outputs(s, record, i + 1)) {
            s->error->op_index = (int32_t)i;
            s->error->op_code = s->interpreter->ops[record->op]->code;
            s->error->op_name = s->interpreter->ops[record->op]->name;
            return false;
        }
    }
    return use_all(s, &model->outputs, model->operators.count + 1);
}

/* Whether all of an op's inputs that are this tensor may be replaced in memory. */
static bool is_replaceable(const setup *s, const nn_record *record, int32_t tensor, uint32_t mask) {
    bool replaceable = true;
    for (uint32_t i = 0; i < record->inputs.count; i++) {
        bool allowed = i < 8 && (mask >> i & 1u) != 0;
        bool same = nn_tensor_index(s->interpreter, &record->inputs, i) == tensor;
        replaceable = replaceable && (allowed || !same);
    }
    return replaceable;
}

/* Lets output 0 of an op overlap one input that the op is the last to use. */
static void allow_overlap(setup *s, const nn_record *record, uint32_t time, uint32_t input,
                          uint32_t mask, uint32_t lead) {
    const uint32_t *locations = nn_locations(s->interpreter);
    int32_t index = nn_tensor_index(s->interpreter, &record->inputs, input);
    if (index < 0 || !is_block(locations[index]) || !is_replaceable(s, record, index, mask)) {
        return;
    }
    nn_block *block = &blocks(s)[locations[index]];
    if (block->last == time) {
        int32_t output = nn_tensor_index(s->interpreter, &record->outputs, 0);
        block->successor = (uint16_t)locations[output];
        block->lead = lead;
    }
}

static bool allow_overlaps(setup *s, uint32_t i) {
    nn_node node;
    if (!read_node(s, i, &node)) {
        return false;
    }
    const nn_record *record = &nn_records(s->interpreter)[i];
    if (record->outputs.count == 0 || is_foldable(s, record)) {
        return true;
    }
    uint32_t bytes = nn_node_output(&node, 0).tensor.bytes;
    for (uint32_t input = 0; input < record->inputs.count && input < 8; input++) {
        bool in_place = (node.op->in_place >> input & 1u) != 0;
        if (in_place && nn_node_input(&node, input).tensor.bytes == bytes) {
            allow_overlap(s, record, i + 1, input, node.op->in_place, 0);
        }
    }
    uint32_t lead = node.op->lead == NULL ? NN_NO_LEAD : node.op->lead(&node);
    if (lead != NN_NO_LEAD) {
        allow_overlap(s, record, i + 1, 0, 1, lead);
    }
    return true;
}

/* Turns the blocks' numbers into places. */
static void place_tensors(const setup *s) {
    const nn_model *model = &s->interpreter->model;
    uint32_t *locations = nn_locations(s->interpreter);
    for (uint32_t i = 0; i < model->tensors.count; i++) {
        if (is_block(locations[i])) {
            locations[i] = s->tensors + blocks(s)[locations[i]].offset;
        } else if ((locations[i] & NN_IN_MODEL) == 0) {
            locations[i] &= ~NN_IN_ARENA;
        }
    }
    for (uint32_t i = 0; i < model->operators.count; i++) {
        nn_record *record = &nn_records(s->interpreter)[i];
        if (record->scratch != NN_NOWHERE) {
            record->scratch = s->tensors + blocks(s)[record->scratch].offset;
        }
    }
}

static bool plan(setup *s) {
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
    uint64_t needed = larger(s->tensors + (uint64_t)nn_plan(blocks(s), s->block_count), planning);
    if (needed > s->arena_size) {
        return fail_arena(s, needed);
    }
    interpreter->arena_used = (uint32_t)needed;
    interpreter->tensors = s->tensors;
    place_tensors(s);
    return true;
}

/* ---- Ops ---- */

static uint32_t index_of(nn_resolver ops, const nn_op *op) {
    uint32_t i = 0;
    while (ops[i] != op) {
        i++;
    }
    return i;
}

static bool record_ops(setup *s) {
    nn_record *records = nn_records(s->interpreter);
    uint32_t params = s->params;
    for (uint32_t i = 0; i < s->interpreter->model.operators.count; i++) {
        nn_node node;
        if (!read_node(s, i, &node)) {
            return false;
        }
        records[i] = (nn_record){
            .inputs = node.inputs,
            .outputs = node.outputs,
            .op = index_of(s->interpreter->ops, node.op),
            .params = params,
        };
        params += nn_aligned(node.op->params_size(&node), 8);
    }
    return true;
}

static bool prepare_ops(setup *s) {
    const nn_interpreter *interpreter = s->interpreter;
    for (uint32_t i = 0; i < interpreter->model.operators.count; i++) {
        nn_node node;
        if (!read_node(s, i, &node)) {
            return false;
        }
        node.params = interpreter->arena + nn_records(interpreter)[i].params;
        if (!node.op->prepare(&node)) {
            return fail_op(s, i, node.op->code, node.op, node.problem);
        }
        if (node.fb.malformed) {
            return fail_op(s, i, node.op->code, node.op, "options are malformed");
        }
        if (nn_is_op_folded(interpreter, &nn_records(interpreter)[i])) {
            node.op->invoke(&node);
        }
    }
    return true;
}

static bool set_up(setup *s) {
    if (!lay_out(s)) {
        return false;
    }
    if (s->arena_size < s->params) {
        return fail_arena_unplanned(s);
    }
    return record_ops(s) && plan(s) && prepare_ops(s);
}

bool nn_init(nn_interpreter *interpreter, const uint8_t *model, size_t model_size, nn_resolver ops,
             uint8_t *arena, size_t arena_size, nn_error *error) {
    *error = (nn_error){.op_index = -1, .op_code = -1};
    *interpreter = (nn_interpreter){.ops = ops, .arena = arena};
    setup s = {.interpreter = interpreter, .error = error};
    s.arena_size = arena_size > INT32_MAX ? INT32_MAX : (uint32_t)arena_size;
    if (((uintptr_t)model | (uintptr_t)arena) % NN_ALIGNMENT != 0) {
        return fail(&s, "model or arena is not 16-byte aligned");
    }
    const char *problem = nn_model_open(&interpreter->model, model, model_size);
    if (problem != NULL) {
        return fail(&s, problem);
    }
    interpreter->ready = set_up(&s);
    return interpreter->ready;
}
