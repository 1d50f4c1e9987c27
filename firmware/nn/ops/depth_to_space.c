/* DEPTH_TO_SPACE and SPACE_TO_DEPTH: any type; blocks of an image become the channels of one point,
 * and back. */
#include "kernels/copy.h"
#include "op.h"
#include "ops/ops.h"
#include "schema.h"

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_runs);
}

/* Checks that the wide tensor has so many times the height and width of the deep one, which has all
 * that in its channels; returns how many times, or 0 (and nn_fail()). */
static int32_t check_block(nn_node *node, const nn_tensor *deep, const nn_tensor *wide) {
    /* Both ops have their block's size in the same slot. */
    int64_t block = nn_option_i32(node, DEPTH_TO_SPACE_BLOCK_SIZE, 0);
    bool fits = block > 0 && block <= INT16_MAX && deep->rank == 4 && wide->rank == 4 &&
                deep->dims[0] == wide->dims[0] && deep->dims[1] * block == wide->dims[1] &&
                deep->dims[2] * block == wide->dims[2] &&
                deep->dims[3] == wide->dims[3] * block * block;
    if (!fits) {
        nn_fail(node, "block size, input or output is out of range");
    }
    return fits ? (int32_t)block : 0;
}

static bool check_tensors(nn_node *node, const nn_model_tensor *input,
                          const nn_model_tensor *output) {
    bool alike = input->tensor.type == output->tensor.type && nn_same_quantization(input, output);
    return nn_check_counts(node, 1, 1) &&
           (alike || nn_fail(node, "input and output must have the same type and quantization"));
}

/* The output's rows, one after the other, are the rows of all points' blocks. */
static bool prepare_depth_to_space(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, 0);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_runs *runs = node->params;
    if (!check_tensors(node, &input, &output)) {
        return false;
    }
    const int32_t *deep = input.tensor.dims;
    int32_t block = check_block(node, &input.tensor, &output.tensor);
    if (block == 0) {
        return false;
    }
    int32_t size = nn_element_size(input.tensor.type);
    int32_t row = block * output.tensor.dims[3] * size; /* of a block */
    int32_t point = deep[3] * size;
    *runs = (nn_runs){.run = row};
    nn_runs_wrap(runs, deep[2], point);
    nn_runs_wrap(runs, block, row);
    nn_runs_wrap(runs, deep[0] * deep[1], deep[2] * point);
    return true;
}

/* The output's points, one after the other, are blocks of the input. */
static bool prepare_space_to_depth(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, 0);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_runs *runs = node->params;
    if (!check_tensors(node, &input, &output)) {
        return false;
    }
    const int32_t *wide = input.tensor.dims;
    int32_t block = check_block(node, &output.tensor, &input.tensor);
    if (block == 0) {
        return false;
    }
    int32_t point = wide[3] * nn_element_size(input.tensor.type);
    int32_t row = wide[2] * point;
    *runs = (nn_runs){.run = block * point};
    nn_runs_wrap(runs, block, row);
    nn_runs_wrap(runs, wide[2] / block, block * point);
    nn_runs_wrap(runs, wide[0] * wide[1] / block, block * row);
    return true;
}

static void invoke(const nn_node *node) {
    nn_gather(node->params, nn_input_data(node, 0), nn_output_data(node, 0));
}

const nn_op nn_op_depth_to_space = {
    .name = "DEPTH_TO_SPACE",
    .code = BUILTIN_DEPTH_TO_SPACE,
    .options_type = OPTIONS_DEPTH_TO_SPACE,
    .params_size = params_size,
    .prepare = prepare_depth_to_space,
    .invoke = invoke,
};

const nn_op nn_op_space_to_depth = {
    .name = "SPACE_TO_DEPTH",
    .code = BUILTIN_SPACE_TO_DEPTH,
    .options_type = OPTIONS_SPACE_TO_DEPTH,
    .params_size = params_size,
    .prepare = prepare_space_to_depth,
    .invoke = invoke,
};
