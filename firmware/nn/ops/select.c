/* SELECT and SELECT_V2: any type, all of one quantization; the second with broadcasting, the first
 * with a condition that may be one for all, or one an element of the first dimension. */
#include "kernels/select.h"
#include "op.h"
#include "ops/ops.h"
#include "schema.h"

enum { CONDITION, CHOSEN, OTHER };

/* Beyond that many dimensions LiteRT repeats none. */
enum { MOST_REPEATED = 4 };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_select_params);
}

static bool check_types(nn_node *node) {
    nn_model_tensor chosen = nn_node_input(node, CHOSEN);
    nn_model_tensor other = nn_node_input(node, OTHER);
    nn_model_tensor output = nn_node_output(node, 0);
    if (!nn_check_counts(node, 3, 3)) {
        return false;
    }
    if (nn_node_input(node, CONDITION).tensor.type != NN_BOOL ||
        chosen.tensor.type != output.tensor.type || other.tensor.type != output.tensor.type) {
        return nn_fail(node, "types are not supported");
    }
    if (!nn_same_quantization(&chosen, &output) || !nn_same_quantization(&other, &output)) {
        return nn_fail(node, "inputs and output must have the same quantization");
    }
    return true;
}

/* Dimension d of an input whose dimensions are aligned with the output's at their ends. */
static int32_t size_of(const nn_tensor *input, const nn_tensor *output, int32_t d) {
    int32_t own = d - output->rank + input->rank;
    return own < 0 ? 1 : input->dims[own];
}

/* Fills where in the input each element of the output is; false if it cannot be repeated so. */
static bool fill_grid(nn_grid *grid, const nn_tensor *input, const nn_tensor *output) {
    bool fits = input->rank <= output->rank;
    int32_t stride = 1;
    grid->rank = 0;
    for (int32_t d = output->rank - 1; fits && d >= 0; d--) {
        int32_t size = size_of(input, output, d);
        fits = size == 1 || size == output->dims[d];
        nn_grid_wrap(grid, output->dims[d], size == 1 ? 0 : stride);
        stride *= size;
    }
    return fits;
}

/* Whether the output is no larger than the inputs make it. */
static bool is_needed(const nn_node *node, const nn_tensor *output) {
    int32_t rank = 0;
    bool needed = true;
    for (int32_t d = 0; d < output->rank; d++) {
        int32_t most = 1;
        for (uint32_t i = CONDITION; i <= OTHER; i++) {
            nn_tensor input = nn_node_input(node, i).tensor;
            rank = input.rank > rank ? input.rank : rank;
            most = size_of(&input, output, d) > most ? size_of(&input, output, d) : most;
        }
        needed = needed && most == output->dims[d];
    }
    return needed && (rank == output->rank);
}

static bool prepare(nn_node *node, const nn_tensor *condition) {
    nn_tensor chosen = nn_node_input(node, CHOSEN).tensor;
    nn_tensor other = nn_node_input(node, OTHER).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    nn_select_params *p = node->params;
    bool fits = fill_grid(&p->condition, condition, &output) &&
                fill_grid(&p->chosen, &chosen, &output) && fill_grid(&p->other, &other, &output);
    p->count = nn_count(&output, 0, output.rank);
    p->size = nn_element_size(output.type);
    return fits || nn_fail(node, "input or output has an unexpected shape");
}

static bool prepare_select(nn_node *node) {
    nn_tensor condition = nn_node_input(node, CONDITION).tensor;
    nn_tensor chosen = nn_node_input(node, CHOSEN).tensor;
    nn_tensor other = nn_node_input(node, OTHER).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    if (!check_types(node)) {
        return false;
    }
    bool is_one = condition.rank == 0;
    bool is_first = condition.rank == 1 && output.rank > 0 && condition.dims[0] == output.dims[0];
    if (!nn_same_shape(&chosen, &output) || !nn_same_shape(&other, &output) ||
        !(is_one || is_first || nn_same_shape(&condition, &output))) {
        return nn_fail(node, "input or output has an unexpected shape");
    }
    if (is_first) {
        condition.rank = output.rank;
        for (int32_t d = 1; d < output.rank; d++) {
            condition.dims[d] = 1;
        }
    }
    return prepare(node, &condition);
}

static bool prepare_select_v2(nn_node *node) {
    nn_tensor condition = nn_node_input(node, CONDITION).tensor;
    nn_tensor chosen = nn_node_input(node, CHOSEN).tensor;
    nn_tensor other = nn_node_input(node, OTHER).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    bool is_same = nn_same_shape(&condition, &chosen) && nn_same_shape(&chosen, &other);
    if (!check_types(node)) {
        return false;
    }
    if (output.rank > MOST_REPEATED && !is_same) {
        return nn_fail(node, "too many dimensions are repeated");
    }
    if (!is_needed(node, &output)) {
        return nn_fail(node, "input or output has an unexpected shape");
    }
    return prepare(node, &condition);
}

static void invoke(const nn_node *node) {
    nn_select(node->params, nn_input_data(node, CONDITION), nn_input_data(node, CHOSEN),
              nn_input_data(node, OTHER), nn_output_data(node, 0));
}

const nn_op nn_op_select = {
    .name = "SELECT",
    .code = BUILTIN_SELECT,
    .options_type = OPTIONS_SELECT,
    .params_size = params_size,
    .prepare = prepare_select,
    .invoke = invoke,
};

const nn_op nn_op_select_v2 = {
    .name = "SELECT_V2",
    .code = BUILTIN_SELECT_V2,
    .options_type = OPTIONS_SELECT_V2,
    .params_size = params_size,
    .prepare = prepare_select_v2,
    .invoke = invoke,
};
