/* STRIDED_SLICE: any type, by constant bounds and strides, with every mask. */
#include "kernels/copy.h"
#include "op.h"
#include "ops/ops.h"
#include "schema.h"

enum { INPUT, BEGIN, END, STRIDES };

/* The slice as the model describes it: one entry for a dimension, for a new one, or for as many as
 * there are (an ellipsis). */
typedef struct {
    const int32_t *begin;
    const int32_t *end;
    const int32_t *strides;
    int32_t count;
    uint32_t begin_mask;
    uint32_t end_mask;
    uint32_t ellipsis_mask;
    uint32_t new_axis_mask;
    uint32_t shrink_mask;
    bool is_offset; /* end counts from begin */
} description;

/* The elements of one dimension that are taken. */
typedef struct {
    int32_t start;
    int32_t stride;
    int32_t count;
} range;

/* The dimensions of input and output while the description is walked along. */
typedef struct {
    nn_node *node;
    const nn_tensor *input;
    const nn_tensor *output;
    int32_t dims; /* of the input, passed */
    int32_t made; /* of the output, passed */
    range ranges[NN_MAX_RANK];
} walk;

static uint32_t params_size(const nn_node *node) {
    (void)node;
    return sizeof(nn_runs);
}

static bool is_set(uint32_t mask, int32_t bit) {
    return (mask >> bit & 1u) != 0;
}

/* An index, of which a negative one counts from the end, within what its direction allows. */
static int32_t bound(int64_t index, int32_t size, bool is_forward) {
    index = index < 0 ? index + size : index;
    int32_t lowest = is_forward ? 0 : -1;
    int32_t highest = is_forward ? size : size - 1;
    index = index < lowest ? lowest : index;
    return index > highest ? highest : (int32_t)index;
}

/* As StartForAxis and EndForAxis of tflite's reference/strided_slice.h. The count is 0 if nothing
 * is taken, or if LiteRT would leave the output undefined. */
static range range_of(const description *d, int32_t entry, int32_t size) {
    int32_t stride = d->strides[entry];
    bool is_forward = stride > 0;
    if (stride == 0 || stride == INT32_MIN) {
        return (range){0};
    }
    int32_t start = bound(d->begin[entry], size, is_forward);
    if (is_set(d->begin_mask, entry)) {
        start = is_forward ? 0 : size - 1;
    }
    if (is_set(d->shrink_mask, entry)) {
        bool is_element = is_forward && start < size;
        return (range){.start = start, .stride = 1, .count = is_element ? 1 : 0};
    }
    int32_t end = bound((int64_t)d->end[entry] + (d->is_offset ? start : 0), size, is_forward);
    if (is_set(d->end_mask, entry)) {
        end = is_forward ? size : -1;
    }
    int32_t length = is_forward ? end - start : start - end;
    int32_t step = is_forward ? stride : -stride;
    int32_t count = length > 0 ? (length - 1) / step + 1 : 0;
    return (range){.start = start, .stride = count > 1 ? stride : 1, .count = count};
}

/* Whether the output's next dimension has this size. */
static bool make(walk *w, int32_t size) {
    bool fits = w->made < w->output->rank && w->output->dims[w->made] == size;
    w->made++;
    return fits || nn_fail(w->node, "output has an unexpected shape");
}

/* Takes the input's dimensions up to `end` whole. */
static bool take_whole(walk *w, int32_t end) {
    bool fits = true;
    while (fits && w->dims < end) {
        int32_t size = w->input->dims[w->dims];
        w->ranges[w->dims] = (range){.stride = 1, .count = size};
        w->dims++;
        fits = make(w, size);
    }
    return fits;
}

static bool take_entry(walk *w, const description *d, int32_t entry) {
    if (w->dims >= w->input->rank) {
        return nn_fail(w->node, "more dimensions are sliced than the input has");
    }
    range taken = range_of(d, entry, w->input->dims[w->dims]);
    w->ranges[w->dims] = taken;
    w->dims++;
    if (taken.count == 0) {
        return nn_fail(w->node, "slice is empty");
    }
    return is_set(d->shrink_mask, entry) || make(w, taken.count);
}

/* How many dimensions of the input an ellipsis stands for. */
static int32_t ellipsis_size(const description *d, int32_t rank) {
    int32_t size = rank;
    for (int32_t i = 0; i < d->count; i++) {
        bool takes_one = !is_set(d->ellipsis_mask, i) && !is_set(d->new_axis_mask, i);
        size -= takes_one ? 1 : 0;
    }
    return size;
}

static bool take_all(walk *w, const description *d) {
    uint32_t ellipses = d->ellipsis_mask & ((1u << d->count) - 1u);
    int32_t whole = ellipsis_size(d, w->input->rank);
    if ((ellipses & (ellipses - 1u)) != 0 || (ellipses != 0 && whole < 1)) {
        return nn_fail(w->node, "ellipsis is not supported");
    }
    bool fits = true;
    for (int32_t i = 0; fits && i < d->count; i++) {
        if (is_set(d->ellipsis_mask, i)) {
            fits = take_whole(w, w->dims + whole);
        } else if (is_set(d->new_axis_mask, i)) {
            fits = make(w, 1);
        } else {
            fits = take_entry(w, d, i);
        }
    }
    return fits && take_whole(w, w->input->rank) &&
           (w->made == w->output->rank || nn_fail(w->node, "output has an unexpected shape"));
}

/* One of the three lists of numbers, or NULL (and nn_fail()). */
static const int32_t *read_list(nn_node *node, uint32_t i, int32_t count) {
    nn_model_tensor list = nn_node_input(node, i);
    if (list.tensor.data == NULL || list.tensor.type != NN_INT32 || list.tensor.rank != 1 ||
        list.tensor.dims[0] != count || count >= 32) {
        nn_fail(node, "begin, end and strides must be constant lists of int32, equally long");
        return NULL;
    }
    return list.tensor.data;
}

static bool read_description(nn_node *node, description *d) {
    int32_t count = nn_node_input(node, BEGIN).tensor.dims[0];
    *d = (description){
        .begin = read_list(node, BEGIN, count),
        .end = read_list(node, END, count),
        .strides = read_list(node, STRIDES, count),
        .count = count,
        .begin_mask = (uint32_t)nn_option_i32(node, STRIDED_SLICE_BEGIN_MASK, 0),
        .end_mask = (uint32_t)nn_option_i32(node, STRIDED_SLICE_END_MASK, 0),
        .ellipsis_mask = (uint32_t)nn_option_i32(node, STRIDED_SLICE_ELLIPSIS_MASK, 0),
        .new_axis_mask = (uint32_t)nn_option_i32(node, STRIDED_SLICE_NEW_AXIS_MASK, 0),
        .shrink_mask = (uint32_t)nn_option_i32(node, STRIDED_SLICE_SHRINK_AXIS_MASK, 0),
        .is_offset = nn_option_u8(node, STRIDED_SLICE_OFFSET, 0) != 0,
    };
    return d->begin != NULL && d->end != NULL && d->strides != NULL;
}

static bool prepare(nn_node *node) {
    nn_model_tensor input = nn_node_input(node, INPUT);
    nn_model_tensor output = nn_node_output(node, 0);
    nn_runs *runs = node->params;
    walk w = {.node = node, .input = &input.tensor, .output = &output.tensor};
    description d;
    if (!nn_check_counts(node, 4, 4) || !read_description(node, &d)) {
        return false;
    }
    if (input.tensor.type != output.tensor.type) {
        return nn_fail(node, "types are not supported");
    }
    if (!take_all(&w, &d)) {
        return false;
    }
    int32_t stride = nn_element_size(input.tensor.type);
    *runs = (nn_runs){.run = stride};
    for (int32_t i = input.tensor.rank - 1; i >= 0; i--) {
        runs->origin += w.ranges[i].start * stride;
        nn_runs_wrap(runs, w.ranges[i].count, w.ranges[i].stride * stride);
        stride *= input.tensor.dims[i];
    }
    return true;
}

static void invoke(const nn_node *node) {
    nn_gather(node->params, nn_input_data(node, INPUT), nn_output_data(node, 0));
}

const nn_op nn_op_strided_slice = {
    .name = "STRIDED_SLICE",
    .code = BUILTIN_STRIDED_SLICE,
    .options_type = OPTIONS_STRIDED_SLICE,
    .folding = NN_FOLDED_IF_CONSTANT,
    .params_size = params_size,
    .prepare = prepare,
    .invoke = invoke,
};
