/* Shapes of fully connected layers. */
#include "ops/fully_connected.h"
#include "schema.h"

/* The output is [batches, outputs], or the input's shape with its last dimension replaced. */
static bool output_fits(const nn_tensor *input, const nn_tensor *output, int32_t batches,
                        int32_t outputs, bool keeps_dims) {
    bool fits = output->rank >= 1 && output->dims[output->rank - 1] == outputs &&
                nn_count(output, 0, output->rank - 1) == batches &&
                output->rank == (keeps_dims ? input->rank : 2);
    /* A build without folding is for a model that one with it, on the host, has looked at. */
    for (int32_t d = 0; NN_WITH_FOLDING && keeps_dims && fits && d < output->rank - 1; d++) {
        fits = output->dims[d] == input->dims[d];
    }
    return fits;
}

bool nn_check_fully_connected(nn_node *node, const nn_tensor *input, const nn_tensor *filter,
                              const nn_tensor *bias, const nn_tensor *output) {
    if (!nn_check_counts(node, 2, 3)) {
        return false;
    }
    if (nn_option_u8(node, FULLY_CONNECTED_WEIGHTS_FORMAT, 0) != 0) {
        return nn_fail(node, "weights format is not supported");
    }
    if (filter->rank != 2) {
        return nn_fail(node, "filter does not have two dimensions");
    }
    int32_t outputs = filter->dims[0];
    int32_t elements = nn_count(input, 0, input->rank);
    if (elements % filter->dims[1] != 0 ||
        (bias->bytes != 0 && nn_count(bias, 0, bias->rank) != outputs)) {
        return nn_fail(node, "input or bias does not fit the filter");
    }
    bool keeps_dims = nn_option_u8(node, FULLY_CONNECTED_KEEP_NUM_DIMS, 0) != 0;
    return output_fits(input, output, elements / filter->dims[1], outputs, keeps_dims) ||
           nn_fail(node, "output has an unexpected shape");
}
