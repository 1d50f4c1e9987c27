/* Relations and shapes of comparisons. */
#include "kernels/compare.h"
#include "ops/compare.h"
#include "schema.h"

/* Beyond that many dimensions LiteRT repeats none. */
enum { MOST_REPEATED = 4 };

uint32_t nn_wanted_relations(const nn_op *op) {
    switch (op->code) {
    case BUILTIN_EQUAL:
        return NN_IS_EQUAL;
    case BUILTIN_NOT_EQUAL:
        return NN_IS_LESS | NN_IS_GREATER | NN_IS_UNORDERED;
    case BUILTIN_GREATER:
        return NN_IS_GREATER;
    case BUILTIN_GREATER_EQUAL:
        return NN_IS_GREATER | NN_IS_EQUAL;
    case BUILTIN_LESS:
        return NN_IS_LESS;
    default:
        return NN_IS_LESS | NN_IS_EQUAL;
    }
}

bool nn_prepare_comparison(nn_node *node, nn_broadcast *broadcast, nn_type type) {
    nn_tensor a = nn_node_input(node, 0).tensor;
    nn_tensor b = nn_node_input(node, 1).tensor;
    nn_tensor output = nn_node_output(node, 0).tensor;
    if (a.type != type || b.type != type || output.type != NN_BOOL) {
        return nn_fail(node, "types are not supported");
    }
    if (output.rank > MOST_REPEATED && !nn_same_shape(&a, &b)) {
        return nn_fail(node, "too many dimensions are repeated");
    }
    return nn_prepare_broadcast_shape(node, broadcast, &a, &b, &output);
}
