/* Plans what goes on from one inference to the next: nothing shares its memory. */
#include "planner.h"
#include "schema.h"
#include "setup.h"
#include "state.h"
#include "variables.h"

static bool add_lasting(nn_setup *s, uint32_t tensor, uint32_t bytes) {
    nn_locations(s->interpreter)[tensor] = NN_IS_BLOCK | s->block_count;
    if (!nn_setup_add_block(s, bytes, 0)) {
        return false;
    }
    uint32_t last = s->interpreter->model.operators.count + 1;
    nn_setup_blocks(s)[s->block_count - 1].last = (uint16_t)last;
    return true;
}

static bool define_tensors(nn_setup *s) {
    const nn_model *model = &s->interpreter->model;
    bool defined = true;
    for (uint32_t i = 0; defined && i < model->tensors.count; i++) {
        nn_model_tensor read;
        if (nn_model_is_variable(model, i) && nn_model_read_tensor(model, i, &read) == NULL) {
            defined = add_lasting(s, i, read.tensor.bytes);
        }
    }
    return defined;
}

/* ---- Variables with names ---- */

static bool fail(nn_setup *s, uint32_t i, const char *message) {
    const nn_op *op = s->interpreter->ops[nn_records(s->interpreter)[i].op];
    return nn_setup_fail_op(s, i, op->code, op, message);
}

/* Where an earlier handle of the same name lies; NN_NOWHERE if op i is the first. */
static uint32_t find_earlier(const nn_setup *s, uint32_t i, const nn_model_operator *op) {
    const nn_model *model = &s->interpreter->model;
    uint32_t location = NN_NOWHERE;
    for (uint32_t j = 0; location == NN_NOWHERE && j < i; j++) {
        nn_model_operator other;
        if (nn_model_read_operator(model, j, &other) == NULL &&
            nn_same_variable(model, op, &other)) {
            int32_t handle = nn_tensor_index(s->interpreter, &other.outputs, 0);
            location = nn_locations(s->interpreter)[handle];
        }
    }
    return location;
}

static bool define_handle(nn_setup *s, uint32_t i, const nn_model_operator *op) {
    uint32_t *locations = nn_locations(s->interpreter);
    nn_model_tensor read;
    if (op->outputs.count != 1) {
        return fail(s, i, "unexpected number of inputs or outputs");
    }
    uint32_t handle = (uint32_t)nn_tensor_index(s->interpreter, &op->outputs, 0);
    if (locations[handle] != NN_NOWHERE) {
        return fail(s, i, NN_WRITTEN_TWICE);
    }
    nn_model_read_tensor(&s->interpreter->model, handle, &read);
    if (read.tensor.type != NN_RESOURCE) {
        return fail(s, i, "output is no resource");
    }
    locations[handle] = find_earlier(s, i, op);
    return locations[handle] != NN_NOWHERE || add_lasting(s, handle, 0);
}

static bool define_handles(nn_setup *s) {
    const nn_model *model = &s->interpreter->model;
    uint32_t handles = 0;
    for (uint32_t i = 0; i < model->operators.count; i++) {
        nn_model_operator op;
        if (nn_model_read_operator(model, i, &op) != NULL || op.code != BUILTIN_VAR_HANDLE) {
            continue;
        }
        handles++;
        if (handles > NN_MOST_HANDLES) {
            return fail(s, i, "model has too many variables");
        }
        if (!define_handle(s, i, &op)) {
            return false;
        }
    }
    return true;
}

/* A variable is as large as what is read from it, and assigned to it. */
static bool find_size(nn_setup *s, uint32_t i, int32_t handle, int32_t value, uint32_t first) {
    uint32_t location = nn_locations(s->interpreter)[handle];
    nn_model_tensor read;
    nn_model_read_tensor(&s->interpreter->model, (uint32_t)handle, &read);
    bool is_handle = read.tensor.type == NN_RESOURCE &&
                     (location & (NN_IN_MODEL | NN_IS_BLOCK)) == NN_IS_BLOCK &&
                     (location & ~NN_IS_BLOCK) >= first;
    if (!is_handle) {
        return fail(s, i, "input is no variable's handle");
    }
    nn_block *block = &nn_setup_blocks(s)[location & ~NN_IS_BLOCK];
    nn_model_read_tensor(&s->interpreter->model, (uint32_t)value, &read);
    if (block->size == 0) {
        block->size = read.tensor.bytes;
    }
    return block->size == read.tensor.bytes || fail(s, i, "variable has more than one size");
}

static bool find_sizes(nn_setup *s, uint32_t first) {
    const nn_model *model = &s->interpreter->model;
    bool found = true;
    for (uint32_t i = 0; found && i < model->operators.count; i++) {
        nn_model_operator op;
        int32_t handle;
        int32_t value;
        if (nn_model_read_operator(model, i, &op) == NULL &&
            nn_variable_access(model, &op, &handle, &value)) {
            found = find_size(s, i, handle, value, first);
        }
    }
    return found;
}

/* One that nothing reads or assigns takes a byte, so that it has a place of its own. */
static void fill_up(nn_setup *s, uint32_t first) {
    for (uint32_t i = first; i < s->block_count; i++) {
        nn_block *block = &nn_setup_blocks(s)[i];
        block->size = block->size == 0 ? 1 : block->size;
    }
}

bool nn_define_lasting(nn_setup *s) {
    if (!define_tensors(s)) {
        return false;
    }
    uint32_t first = s->block_count;
    if (!define_handles(s) || !find_sizes(s, first)) {
        return false;
    }
    fill_up(s, first);
    return true;
}
