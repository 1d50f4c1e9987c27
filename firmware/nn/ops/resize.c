/* Checks of image and size. */
#include "ops/resize.h"

enum { INPUT, SIZE };

/* Keeps every product of an axis within 32 bits. */
enum { MAX_EXTENT = 32767 };

static bool axis_fits(const nn_tensor *input, const nn_tensor *output, const int32_t *size,
                      int32_t d) {
    return input->dims[d] <= MAX_EXTENT && output->dims[d] <= MAX_EXTENT &&
           output->dims[d] == size[d - 1];
}

bool nn_check_resize(nn_node *node, nn_model_tensor *input, nn_model_tensor *output) {
    nn_model_tensor size = nn_node_input(node, SIZE);
    *input = nn_node_input(node, INPUT);
    *output = nn_node_output(node, 0);
    if (!nn_check_counts(node, 2, 2)) {
        return false;
    }
    if (size.tensor.data == NULL || size.tensor.type != NN_INT32 || size.tensor.bytes != 8) {
        return nn_fail(node, "size must be a constant of two int32");
    }
    if (input->tensor.type != output->tensor.type) {
        return nn_fail(node, "types are not supported");
    }
    const int32_t *wanted = size.tensor.data;
    bool fits = input->tensor.rank == 4 && output->tensor.rank == 4 &&
                input->tensor.dims[0] == output->tensor.dims[0] &&
                input->tensor.dims[3] == output->tensor.dims[3] &&
                axis_fits(&input->tensor, &output->tensor, wanted, 1) &&
                axis_fits(&input->tensor, &output->tensor, wanted, 2);
    return fits || nn_fail(node, "input or output has an unexpected shape");
}
