/* Shapes of reductions. */
#include "ops/reduce_shape.h"

#include "schema.h"

enum { INPUT, AXES };

/* Sets bit d of *reduced for each axis d. */
static bool read_axes(nn_node *node, const nn_tensor *axes, int32_t rank, uint32_t *reduced) {
    const int32_t *values = axes->data;
    *reduced = 0;
    if (values == NULL || axes->type != NN_INT32) {
        return nn_fail(node, "axes must be a constant of int32");
    }
    int32_t count = nn_count(axes, 0, axes->rank);
    for (int32_t i = 0; i < count; i++) {
        int32_t axis = values[i] < 0 ? values[i] + rank : values[i];
        if (axis < 0 || axis >= rank) {
            return nn_fail(node, "axis is out of range");
        }
        *reduced |= 1u << axis;
    }
    return true;
}

/* Whether the output has the input's dimensions, without the reduced ones or with 1 for them. */
static bool shapes_fit(const nn_tensor *input, const nn_tensor *output, uint32_t reduced,
                       bool keep) {
    int32_t rank = 0;
    for (int32_t d = 0; d < input->rank; d++) {
        bool gone = (reduced >> d & 1u) != 0;
        if (gone && !keep) {
            continue;
        }
        if (rank >= output->rank || output->dims[rank] != (gone ? 1 : input->dims[d])) {
            return false;
        }
        rank++;
    }
    return rank == output->rank;
}

static void fill_grids(nn_grid *outputs, nn_grid *reduced, const nn_tensor *input, uint32_t axes) {
    int32_t stride = 1;
    outputs->rank = 0;
    reduced->rank = 0;
    for (int32_t d = input->rank; d-- > 0;) {
        bool gone = (axes >> d & 1u) != 0;
        nn_grid_wrap(gone ? reduced : outputs, input->dims[d], stride);
        stride *= input->dims[d];
    }
}

bool nn_prepare_reduce_shape(nn_node *node, nn_grid *outputs, nn_grid *reduced) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor axes = nn_node_input(node, AXES);
    nn_model_tensor output = nn_node_output(node, 0);
    uint32_t gone;
    if (!nn_check_counts(node, 2, 2) || !read_axes(node, &axes.tensor, input.tensor.rank, &gone)) {
        return false;
    }
    bool keep = nn_option_u8(node, REDUCER_KEEP_DIMS, 0) != 0;
    if (!shapes_fit(&input.tensor, &output.tensor, gone, keep)) {
        return nn_fail(node, "output has an unexpected shape");
    }
    fill_grids(outputs, reduced, &input.tensor, gone);
    return true;
}
