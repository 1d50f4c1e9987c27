/* SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: any type; images, or sequences, by constant blocks. */
#include "kernels/blocks.h"
#include "op.h"
#include "ops/list.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, BLOCK, EDGES };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_blocks_params);
}

static bool check_tensors(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_tensor block = nn_node_input(node, BLOCK).tensor;
    nn_tensor edges = nn_node_input(node, EDGES).tensor;
    nn_model_tensor output = nn_node_output(node, 0);
    int32_t axes = input.tensor.rank - 2;
    if (!nn_check_counts(node, 3, 3)) {
        return false;
    }
    if (axes < 1 || axes > 2 || output.tensor.rank != input.tensor.rank) {
        return nn_fail(node, "input and output must have three or four dimensions");
    }
    if (block.type != NN_INT32 || !nn_is_list(&block, axes) || edges.type != NN_INT32 ||
        !nn_is_list(&edges, 2 * axes)) {
        return nn_fail(node, "block and its edges must be constants of int32");
    }
    if (input.tensor.type != output.tensor.type || !nn_same_quantization(&input, &output)) {
        return nn_fail(node, "input and output must have the same type and quantization");
    }
    return true;
}

/* Fills the axis of dimension d; false if image, block, part and edges do not fit each other. */
static bool prepare_axis(const nn_node *node, nn_block_axis *axis, int32_t d,
                         const nn_tensor *image, const nn_tensor *parts) {
    if (d >= image->rank - 1) { /* a sequence */
        *axis = (nn_block_axis){.image = 1, .block = 1, .part = 1};
        return true;
    }
    nn_tensor block = nn_node_input(node, BLOCK).tensor;
    nn_tensor edges = nn_node_input(node, EDGES).tensor;
    int64_t size = nn_list_at(&block, d - 1);
    int64_t before = nn_list_at(&edges, 2 * (d - 1));
    int64_t after = nn_list_at(&edges, 2 * (d - 1) + 1);
    *axis = (nn_block_axis){.image = image->dims[d],
                            .block = (int32_t)size,
                            .part = parts->dims[d],
                            .edge = (int32_t)before};
    return size > 0 && before >= 0 && after >= 0 &&
           before + image->dims[d] + after == size * parts->dims[d] &&
           size * parts->dims[d] <= INT32_MAX;
}

static bool prepare(nn_node *node, const nn_tensor *image, const nn_tensor *parts) {
    nn_blocks_params *p = node->params;
    bool fits = prepare_axis(node, &p->y, 1, image, parts) &&
                prepare_axis(node, &p->x, 2, image, parts) &&
                (int64_t)p->y.block * p->x.block <= INT32_MAX / image->dims[0] &&
                p->y.block * p->x.block * image->dims[0] == parts->dims[0] &&
                image->dims[image->rank - 1] == parts->dims[image->rank - 1];
    p->batches = image->dims[0];
    p->point = image->dims[image->rank - 1] * nn_element_size(image->type);
    /* As LiteRT: one byte, over and over again. */
    p->filler = nn_element_size(image->type) <= 2 ? (uint8_t)image->zero_point : 0;
    return fits || nn_fail(node, "block and its edges do not fit input and output");
}

static bool prepare_space_to_batch(nn_node *node) {
    nn_tensor image = nn_node_input(node, INPUT).tensor;
    nn_tensor parts = nn_node_output(node, 0).tensor;
    return check_tensors(node) && prepare(node, &image, &parts);
}

static bool prepare_batch_to_space(nn_node *node) {
    nn_tensor image = nn_node_output(node, 0).tensor;
    nn_tensor parts = nn_node_input(node, INPUT).tensor;
    return check_tensors(node) && prepare(node, &image, &parts);
}

static void invoke_space_to_batch(const nn_node *node) {
    nn_space_to_batch(node->params, nn_input_data(node, INPUT), nn_output_data(node, 0));
}

static void invoke_batch_to_space(const nn_node *node) {
    nn_batch_to_space(node->params, nn_input_data(node, INPUT), nn_output_data(node, 0));
}

const nn_op nn_op_space_to_batch_nd = {
    .name = "SPACE_TO_BATCH_ND",
    .code = BUILTIN_SPACE_TO_BATCH_ND,
    .options_type = OPTIONS_SPACE_TO_BATCH_ND,
    .params_size = params_size,
    .prepare = prepare_space_to_batch,
    .invoke = invoke_space_to_batch,
};

const nn_op nn_op_batch_to_space_nd = {
    .name = "BATCH_TO_SPACE_ND",
    .code = BUILTIN_BATCH_TO_SPACE_ND,
    .options_type = OPTIONS_BATCH_TO_SPACE_ND,
    .params_size = params_size,
    .prepare = prepare_batch_to_space,
    .invoke = invoke_batch_to_space,
};
