/* How to write an op.
 *
 * An op is a constant nn_op in its own file in ops/, listed in ops/ops.h. It has these functions:
 *
 * - params_size says how many bytes of parameters the op keeps in the arena. It sees the node's
 *   tensors and must not trust their types or shapes.
 * - prepare checks all that invoke relies on, and fills the parameters. What the op does not
 *   support is an error here: nn_fail() with a short message, never a wrong answer later.
 * - scratch_size and lead, if there, tell the planner about memory; they see what params_size sees.
 * - invoke does the work by calling a kernel (kernels/), which knows nothing of models. It cannot
 *   fail.
 *
 * An op may be folded: then nn_init() prepares and invokes it, once, and its outputs are constants
 * to the ops that follow. So the arithmetic of shapes that a converter writes for an open batch
 * costs nothing at run time, and ops that want a constant may get its result.
 *
 * An op of the user's own, a custom op of the schema, is the same, in a file of its own that is
 * built with the engine: NN_CUSTOM_OPS in nn.mk. It is a constant nn_op nn_custom_FILE, whose code
 * is BUILTIN_CUSTOM of schema.h, and whose name is the own name that the model has for it.
 *
 * Parameters must have the same size on 32-bit and 64-bit machines, so that a host can tell the
 * device's arena: no pointers, no size_t, no long.
 */
#ifndef NN_OP_H
#define NN_OP_H

#include "model.h"
#include "nn.h"

/** One op of the graph, as its functions see it. */
typedef struct nn_node nn_node;

/** When an op is folded. Its outputs must be int32 or int64, NN_MOST_FOLDED bytes each at most, and
 * it has no scratch memory. */
typedef enum {
    NN_NEVER_FOLDED,
    NN_FOLDED_IF_CONSTANT, /**< its inputs are constants, or what was folded */
    NN_ALWAYS_FOLDED,      /**< it looks at its inputs' shapes alone */
} nn_folding;

/** Twice a shape of the most dimensions in int32, or a list of 16. */
#define NN_MOST_FOLDED 64u

struct nn_op {
    const char *name;     /**< that of its code; of a custom op its own */
    int32_t code;         /**< BuiltinOperator */
    uint8_t options_type; /**< its member of BuiltinOptions, or OPTIONS_NONE */
    bool is_float : 1;    /**< it is the one for a float32 input 0; another has this code, too */
    bool is_hybrid : 1;   /**< and for an int8 input 1 */
    bool is_int16 : 1;    /**< it is the one for an int16 input 0; another has this code, too */
    bool takes_int4 : 1;  /**< its input 1, if it is int8, may be packed; see packed.h */
    bool may_lack : 1;    /**< inputs but the first may be left out, such as a bias */
    nn_folding folding;
    /** Inputs (bit i for input i) that output 0 may replace in memory, if their sizes are equal:
     * the kernel reads no element after it has written one at a later place. Then the output may
     * also lie lower. */
    uint8_t in_place;
    uint32_t (*params_size)(const nn_node *node);
    /** Bytes of memory that invoke needs for itself; NULL for none. */
    uint32_t (*scratch_size)(const nn_node *node);
    /** How many bytes before input 0 output 0 must start, at least, if it overlaps it: such that
     * what is read of the input later is never written over. NN_NO_LEAD if it must not; NULL for
     * never. */
    uint32_t (*lead)(nn_node *node);
    bool (*prepare)(nn_node *node);
    void (*invoke)(const nn_node *node);
};

/** Whether uint8 is linked beside int8, in the ops that have both; see nn.mk. */
#ifndef NN_WITH_UINT8
#define NN_WITH_UINT8 1
#endif

#define NN_NO_LEAD UINT32_MAX

struct nn_node {
    const nn_interpreter *interpreter;
    const nn_op *op;
    void *params;  /**< params_size bytes, aligned for any type; NULL before prepare */
    void *scratch; /**< scratch_size bytes, aligned for any type; only in invoke */
    nn_vector inputs;
    nn_vector outputs;
    nn_flatbuffer fb;    /**< the model, to read options from; not in invoke */
    nn_table options;    /**< its options; not in invoke */
    const char *problem; /**< what nn_fail() was told */
};

/** Ends prepare: remembers why, and returns false; defined here, so that static analysis sees that.
 */
static inline bool nn_fail(nn_node *node, const char *problem) {
    node->problem = problem;
    return false;
}

/** Whether the node has one output, and so many inputs; else nn_fail(). */
bool nn_check_counts(nn_node *node, uint32_t least_inputs, uint32_t most_inputs);

/** The model's view of input or output i; a tensor of type 0 and rank 0 without bytes if there is
 * none. Its data is NULL unless it is a constant; in prepare, what was folded is one. For
 * params_size and prepare. */
nn_model_tensor nn_node_input(const nn_node *node, uint32_t i);
nn_model_tensor nn_node_output(const nn_node *node, uint32_t i);

/** Where input or output i lies; NULL for an input that is left out. For invoke. */
const void *nn_input_data(const nn_node *node, uint32_t i);
void *nn_output_data(const nn_node *node, uint32_t i);

/** Whether input i is a variable tensor, which keeps what it holds until the next inference; and
 * where it lies. For prepare, and for invoke. */
bool nn_node_is_variable(const nn_node *node, uint32_t i);
void *nn_variable_data(const nn_node *node, uint32_t i);

/** The quantization of the node's intermediate tensor i; false if there is none. For prepare. */
bool nn_read_intermediate(const nn_node *node, uint32_t i, float *scale, int32_t *zero_point);

/** Options of the node, by their slot in schema.h, or their default. For prepare. */
uint8_t nn_option_u8(nn_node *node, uint32_t slot, uint8_t absent);
int32_t nn_option_i32(nn_node *node, uint32_t slot, int32_t absent);
float nn_option_float(nn_node *node, uint32_t slot, float absent);

/** Options of a custom op by their keys in the FlexBuffer map that its custom_options are, or what
 * stands for one that is absent, or of another kind. A bool is 0 or 1. If it is no such map, but
 * has bytes, the options are malformed, and so prepare fails. For prepare. */
int32_t nn_custom_i32(nn_node *node, const char *key, int32_t absent);
float nn_custom_float(nn_node *node, const char *key, float absent);

/** The bytes of a custom op's custom_options, of any form; their number, 0 for none, is in *size.
 * For prepare. */
const uint8_t *nn_custom_options(const nn_node *node, uint32_t *size);

/** The table of the operator that a node is of; absent if there is none. For prepare. */
nn_table nn_node_table(const nn_node *node, nn_flatbuffer *fb);

/** Scale i of a tensor that is quantized per channel. */
float nn_channel_scale(const nn_node *node, const nn_model_tensor *tensor, uint32_t i);

/** Whether all zero points of a tensor, of one channel or many, are 0. */
bool nn_is_symmetric(const nn_node *node, const nn_model_tensor *tensor);

/** Whether a type is int32 or int64, and the one that an option, if it is there, names. For
 * prepare.
 */
bool nn_is_index_type(nn_node *node, uint32_t slot, nn_type type);

/** Bytes of an element of a type that the model may have. */
int32_t nn_element_size(nn_type type);

/** The number of elements of a tensor's dimensions [from, to). */
int32_t nn_count(const nn_tensor *tensor, int32_t from, int32_t to);

bool nn_same_shape(const nn_tensor *a, const nn_tensor *b);

/** Whether a scale is a positive, finite number. */
bool nn_is_positive(float scale);

/** Whether an op that has int8, and uint8 unless that is left out of the build, has a type. */
static inline bool nn_is_8_bit(nn_type type) {
    return type == NN_INT8 || (NN_WITH_UINT8 && type == NN_UINT8);
}

/** Whether two tensors of one type have the same scale and zero point, or no quantization at all.
 */
bool nn_same_quantization(const nn_model_tensor *a, const nn_model_tensor *b);

/** Whether a tensor is quantized as activations of 8 bits are: one positive scale, a zero point of
 * its type. */
bool nn_is_quantized(const nn_model_tensor *tensor);

#endif
