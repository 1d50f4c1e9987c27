/* Axis and shapes of ARG_MAX and ARG_MIN. */
#include "ops/arg_max.h"

#include "ops/list.h"
#include "schema.h"

enum { INPUT, AXIS };

uint32_t nn_arg_max_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_arg_max_params);
}

/* Whether the output has the input's dimensions but this one. */
static bool shapes_fit(const nn_tensor *input, const nn_tensor *output, int32_t axis) {
    bool fit = output->rank == input->rank - 1;
    for (int32_t d = 0; fit && d < output->rank; d++) {
        fit = output->dims[d] == input->dims[d < axis ? d : d + 1];
    }
    return fit;
}

bool nn_prepare_arg_max(nn_node *node) {
    nn_tensor input = nn_node_input(node, INPUT).tensor;
    nn_tensor axes = nn_node_input(node, AXIS).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    nn_arg_max_params *p = node->params;
    if (!nn_check_counts(node, 2, 2)) {
        return false;
    }
    if (!nn_is_index_type(node, ARG_MAX_OUTPUT_TYPE, output.type)) {
        return nn_fail(node, "types are not supported");
    }
    int32_t axis = nn_axis_of(&axes, input.rank);
    if (axis < 0) {
        return nn_fail(node, "axis must be a constant within the input's dimensions");
    }
    if (!shapes_fit(&input, &output, axis)) {
        return nn_fail(node, "output has an unexpected shape");
    }
    *p = (nn_arg_max_params){
        .outer = nn_count(&input, 0, axis),
        .size = input.dims[axis],
        .inner = nn_count(&input, axis + 1, input.rank),
        .words = nn_element_size(output.type) / (int32_t)sizeof(int32_t),
        .is_largest = node->op->code == BUILTIN_ARG_MAX,
    };
    return true;
}
