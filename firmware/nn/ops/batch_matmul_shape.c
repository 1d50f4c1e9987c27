/* The shapes of BATCH_MATMUL. */
#include "ops/batch_matmul.h"
#include "schema.h"

enum { LEAST_RANK = 2, MOST_RANK = 5 };

/* The size of dimension d counted from the end; 1 beyond the front. */
static int32_t dim_from_end(const nn_tensor *tensor, int32_t d) {
    return d < tensor->rank ? tensor->dims[tensor->rank - 1 - d] : 1;
}

/* Finds the matrices of an input among those of the output, which it may be repeated for; false if
 * they do not fit. */
static bool find_batch(nn_grid *batch, const nn_tensor *input, const nn_tensor *output) {
    int32_t stride = dim_from_end(input, 0) * dim_from_end(input, 1);
    bool fits = input->rank >= LEAST_RANK && input->rank <= MOST_RANK;
    batch->rank = 0;
    for (int32_t d = LEAST_RANK; d < output->rank; d++) {
        int32_t size = dim_from_end(input, d);
        fits = fits && (size == dim_from_end(output, d) || size == 1);
        nn_grid_wrap(batch, dim_from_end(output, d), size == 1 ? 0 : stride);
        stride *= size;
    }
    return fits;
}

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

/* Whether no dimension of the output is of neither input. */
static bool has_no_other_batch(const nn_tensor *a, const nn_tensor *b, const nn_tensor *output) {
    bool none = output->rank == larger(a->rank, b->rank);
    for (int32_t d = LEAST_RANK; d < output->rank; d++) {
        none = none && dim_from_end(output, d) == larger(dim_from_end(a, d), dim_from_end(b, d));
    }
    return none;
}

bool nn_prepare_batch_matmul_shape(nn_node *node, nn_batch_matmul_shape *shape) {
    nn_tensor a = nn_node_input(node, 0).tensor;
    nn_tensor b = nn_node_input(node, 1).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    int32_t transposes_a = nn_option_u8(node, BATCH_MATMUL_ADJ_X, 0) != 0;
    int32_t transposes_b = nn_option_u8(node, BATCH_MATMUL_ADJ_Y, 0) != 0;
    if (!nn_check_counts(node, 2, 2)) {
        return false;
    }
    shape->rows = dim_from_end(&a, 1 - transposes_a);
    shape->depth = dim_from_end(&a, transposes_a);
    shape->columns = dim_from_end(&b, transposes_b);
    bool fits =
        find_batch(&shape->a.batch, &a, &output) && find_batch(&shape->b.batch, &b, &output) &&
        has_no_other_batch(&a, &b, &output) && dim_from_end(&b, 1 - transposes_b) == shape->depth &&
        dim_from_end(&output, 1) == shape->rows && dim_from_end(&output, 0) == shape->columns;
    if (!fits) {
        return nn_fail(node, "input or output has an unexpected shape");
    }
    shape->batches = nn_count(&output, 0, output.rank - LEAST_RANK);
    shape->a.across = transposes_a ? 1 : shape->depth;
    shape->a.along = transposes_a ? shape->rows : 1;
    shape->b.across = transposes_b ? shape->depth : 1;
    shape->b.along = transposes_b ? 1 : shape->columns;
    return true;
}
