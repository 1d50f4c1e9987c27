/* Computes what follows from the model alone. With an open batch, converters write new shapes as
 * arithmetic on old ones, and leave open in the file what comes of it. */
#include "infer.h"
#include "setup.h"
#include "state.h"

/* Whether so many bytes are free after what was folded; else fails. */
static bool has_room(nn_setup *s, uint32_t bytes) {
    if (bytes > s->arena_size - s->params) {
        return nn_setup_fail_unplanned(s);
    }
    uint32_t end = s->params + bytes;
    s->folding_end = end > s->folding_end ? end : s->folding_end;
    return true;
}

/* Takes memory that nothing shares; returns where it lies, or 0 (and fails) if there is none. */
static uint32_t take(nn_setup *s, uint32_t bytes) {
    uint32_t place = s->params;
    uint32_t size = nn_aligned(bytes, 8);
    if (!has_room(s, size)) {
        return 0;
    }
    s->params += size;
    s->interpreter->folded_end = s->params;
    return place;
}

/* ---- Folding ---- */

/* Whether all inputs that an op has are constants, or were folded. */
static bool has_constant_inputs(const nn_node *node) {
    const uint32_t *locations = nn_locations(node->interpreter);
    bool constant = true;
    for (uint32_t i = 0; constant && i < node->inputs.count; i++) {
        int32_t index = nn_tensor_index(node->interpreter, &node->inputs, i);
        constant = index < 0 || locations[index] != NN_NOWHERE;
    }
    return constant;
}

static bool has_short_outputs(const nn_node *node) {
    bool is_short = node->outputs.count > 0;
    for (uint32_t i = 0; is_short && i < node->outputs.count; i++) {
        nn_tensor output = nn_node_output(node, i).tensor;
        is_short =
            (output.type == NN_INT32 || output.type == NN_INT64) && output.bytes <= NN_MOST_FOLDED;
    }
    return is_short;
}

static bool is_foldable(const nn_node *node) {
    nn_folding folding = node->op->folding;
    return folding != NN_NEVER_FOLDED && has_short_outputs(node) &&
           (folding == NN_ALWAYS_FOLDED || has_constant_inputs(node));
}

static bool define_outputs(nn_setup *s, uint32_t i, const nn_node *node) {
    uint32_t *locations = nn_locations(s->interpreter);
    for (uint32_t j = 0; j < node->outputs.count; j++) {
        int32_t index = nn_tensor_index(s->interpreter, &node->outputs, j);
        if (locations[index] != NN_NOWHERE) {
            return nn_setup_fail_op(s, i, node->op->code, node->op, NN_WRITTEN_TWICE);
        }
        uint32_t place = take(s, nn_node_output(node, j).tensor.bytes);
        if (place == 0) {
            return false;
        }
        locations[index] = place;
    }
    return true;
}

/* Its parameters lie where others will, since it is invoked but once. */
static bool fold(nn_setup *s, uint32_t i, nn_node *node) {
    if (!define_outputs(s, i, node) || !has_room(s, node->op->params_size(node))) {
        return false;
    }
    node->params = s->interpreter->arena + s->params;
    bool prepared = nn_setup_prepare(s, i, node);
    if (prepared) {
        node->op->invoke(node);
    }
    return prepared;
}

/* ---- Open shapes ---- */

static bool is_sound(const nn_tensor *tensor) {
    uint64_t bytes = (uint64_t)nn_element_size(tensor->type);
    bool sound = true;
    for (int32_t d = 0; sound && d < tensor->rank; d++) {
        bytes *= tensor->dims[d] > 0 ? (uint32_t)tensor->dims[d] : 0;
        sound = bytes > 0 && bytes <= INT32_MAX;
    }
    return sound;
}

/* Where the file leaves the shape of output i open, it may follow from the inputs. What does not is
 * for the op's prepare to refuse. */
static bool close_shape(nn_setup *s, const nn_node *node, uint32_t i) {
    nn_model *model = &s->interpreter->model;
    int32_t index = nn_tensor_index(s->interpreter, &node->outputs, i);
    nn_tensor read = nn_node_output(node, i).tensor;
    nn_tensor told = read;
    if (!nn_model_is_open(model, (uint32_t)index) || !nn_infer_shape(node, i, &told) ||
        !is_sound(&told) || nn_same_shape(&read, &told)) {
        return true;
    }
    uint32_t place = take(s, sizeof(nn_closed_shape));
    if (place == 0) {
        return false;
    }
    nn_closed_shape *closed = (nn_closed_shape *)(void *)(s->interpreter->arena + place);
    *closed = (nn_closed_shape){
        .tensor = (uint32_t)index, .next = model->closed_shapes, .rank = told.rank};
    for (int32_t d = 0; d < told.rank; d++) {
        closed->dims[d] = told.dims[d];
    }
    model->arena = s->interpreter->arena;
    model->closed_shapes = place;
    return true;
}

static bool close_shapes(nn_setup *s, const nn_node *node) {
    bool closed = true;
    for (uint32_t i = 0; closed && i < node->outputs.count; i++) {
        closed = close_shape(s, node, i);
    }
    return closed;
}

bool nn_fold(nn_setup *s) {
    s->interpreter->folded_end = s->params;
    for (uint32_t i = 0; i < s->interpreter->model.operators.count; i++) {
        nn_node node;
        if (!nn_setup_read_node(s, i, &node) ||
            !(is_foldable(&node) ? fold(s, i, &node) : close_shapes(s, &node))) {
            return false;
        }
    }
    return true;
}
