/* REVERSE_V2: any type, along constant axes. */
#include "kernels/copy.h"
#include "op.h"
#include "ops/list.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, AXES };

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_runs);
}

/* Sets bit d of *reversed for each axis d. */
static bool read_axes(nn_node *node, const nn_tensor *axes, int32_t rank, uint32_t *reversed) {
    int32_t count = nn_count(axes, 0, axes->rank);
    *reversed = 0;
    if (axes->type != NN_INT32 || !nn_is_list(axes, count)) {
        return nn_fail(node, "axes must be a constant of int32");
    }
    for (int32_t i = 0; i < count; i++) {
        int64_t axis = nn_list_at(axes, i);
        axis = axis < 0 ? axis + rank : axis;
        if (axis < 0 || axis >= rank || (*reversed >> axis & 1u) != 0) {
            return nn_fail(node, "axis is out of range, or there twice");
        }
        *reversed |= 1u << axis;
    }
    return true;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_tensor axes = nn_node_input(node, AXES).tensor;
    nn_model_tensor output = nn_node_output(node, 0);
    nn_runs *runs = node->params;
    uint32_t reversed;
    if (!nn_check_counts(node, 2, 2) || !read_axes(node, &axes, input.tensor.rank, &reversed)) {
        return false;
    }
    if (input.tensor.type != output.tensor.type || !nn_same_quantization(&input, &output) ||
        !nn_same_shape(&input.tensor, &output.tensor)) {
        return nn_fail(node, "input and output must have the same type, quantization and shape");
    }
    int32_t stride = nn_element_size(input.tensor.type);
    *runs = (nn_runs){.run = stride};
    for (int32_t d = input.tensor.rank - 1; d >= 0; d--) {
        int32_t size = input.tensor.dims[d];
        bool turned = (reversed >> d & 1u) != 0;
        runs->origin += turned ? (size - 1) * stride : 0;
        nn_runs_wrap(runs, size, turned ? -stride : stride);
        stride *= size;
    }
    return true;
}

static void invoke(const nn_node *node) {
    nn_gather(node->params, nn_input_data(node, INPUT), nn_output_data(node, 0));
}

const nn_op nn_op_reverse_v2 = {
    .name = "REVERSE_V2",
    .code = BUILTIN_REVERSE_V2,
    .options_type = OPTIONS_REVERSE_V2,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
