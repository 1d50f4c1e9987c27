/* What ops of two inputs share: the smaller one is repeated along dimensions. */
#ifndef NN_OPS_BROADCAST_H
#define NN_OPS_BROADCAST_H

#include "kernels/grid.h"
#include "op.h"

/** The output as runs of consecutive elements, along each of which an input runs too or stands. */
typedef struct {
    int32_t runs;
    int32_t count; /**< elements of a run */
    int32_t a_step;
    int32_t b_step;
    nn_grid a; /**< where each run starts in input 0; there only if runs > 1 */
    nn_grid b; /**< where each run starts in input 1; there only if runs > 1 */
} nn_broadcast;

/** The bytes of an nn_broadcast that this node needs; put it last in the op's parameters. */
uint32_t nn_broadcast_size(const nn_node *node);

/** Checks number, types (int8, or uint8 if the op has that), quantization and shapes of both inputs
 * and the output. */
bool nn_prepare_broadcast(nn_node *node, nn_broadcast *broadcast, bool has_uint8,
                          const nn_model_tensor *a, const nn_model_tensor *b,
                          const nn_model_tensor *output);

/** Checks number and shapes alone. */
bool nn_prepare_broadcast_shape(nn_node *node, nn_broadcast *broadcast, const nn_tensor *a,
                                const nn_tensor *b, const nn_tensor *output);

/** Where run i starts in an input. */
static inline int32_t nn_run_start(const nn_broadcast *broadcast, const nn_grid *input, int32_t i) {
    return broadcast->runs > 1 ? nn_grid_at(input, i) : 0;
}

#endif
