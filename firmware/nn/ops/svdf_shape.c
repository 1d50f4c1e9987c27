/* Shapes of SVDF. */
#include "ops/svdf.h"
#include "schema.h"

static bool has_shape(const nn_tensor *tensor, int32_t rows, int64_t columns) {
    return tensor->rank == 2 && tensor->dims[0] == rows && tensor->dims[1] == columns;
}

bool nn_check_svdf(nn_node *node, nn_svdf_shape *shape) {
    nn_tensor input = nn_node_input(node, SVDF_INPUT).tensor;
    nn_tensor features = nn_node_input(node, SVDF_FEATURES).tensor;
    nn_tensor time = nn_node_input(node, SVDF_TIME).tensor;
    nn_tensor bias = nn_node_input(node, SVDF_BIAS).tensor;
    nn_tensor state = nn_node_input(node, SVDF_STATE).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    int32_t rank = nn_option_i32(node, SVDF_RANK, 0);
    if (!nn_check_counts(node, 5, 5)) {
        return false;
    }
    if (input.rank != 2 || features.rank != 2 || time.rank != 2 || features.data == NULL ||
        time.data == NULL || (bias.bytes != 0 && bias.data == NULL)) {
        return nn_fail(node, "input or weights have an unexpected rank, or are not constant");
    }
    int32_t filters = features.dims[0];
    if (rank <= 0 || filters % rank != 0 || features.dims[1] != input.dims[1] ||
        time.dims[0] != filters) {
        return nn_fail(node, "weights do not fit the input, or each other");
    }
    *shape = (nn_svdf_shape){.batches = input.dims[0],
                             .inputs = input.dims[1],
                             .outputs = filters / rank,
                             .rank = rank,
                             .memory = time.dims[1]};
    if (bias.bytes != 0 && (bias.rank != 1 || bias.dims[0] != shape->outputs)) {
        return nn_fail(node, "bias has another size than the output");
    }
    if (!nn_node_is_variable(node, SVDF_STATE) ||
        !has_shape(&state, shape->batches, (int64_t)filters * shape->memory)) {
        return nn_fail(node, "state is no variable, or has an unexpected shape");
    }
    return has_shape(&output, shape->batches, shape->outputs) ||
           nn_fail(node, "output has an unexpected shape");
}
