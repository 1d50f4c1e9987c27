/* A .tflite model as the engine sees it: one graph of tensors and operators, read in place. */
#ifndef NN_MODEL_H
#define NN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flatbuffer.h"
#include "interpreter.h"
#include "nn.h"

/** Whether shapes are computed when a model is set up; see nn.mk. */
#ifndef NN_WITH_FOLDING
#define NN_WITH_FOLDING 1
#endif

/** Whether ops of float32 are linked, in so far as those of int8 are; see nn.mk. */
#ifndef NN_WITH_FLOAT
#define NN_WITH_FLOAT 1
#endif

/** Whether ops of float32 with weights of int8 are linked; see nn.mk. */
#ifndef NN_WITH_HYBRID
#define NN_WITH_HYBRID NN_WITH_FLOAT
#endif

/** Whether weights of 4 bits are linked; see nn.mk. */
#ifndef NN_WITH_INT4
#define NN_WITH_INT4 1
#endif

/** Whether ops of the user's own can be linked; see nn.mk. */
#ifndef NN_WITH_CUSTOM
#define NN_WITH_CUSTOM 1
#endif

/** Bytes of one element, as ops see it, or 0 for a type that the engine does not have. */
uint32_t nn_model_element_size(nn_type type);

/** What the model says of one tensor: `tensor` without arena addresses, data NULL unless constant.
 */
typedef struct {
    nn_tensor tensor;
    nn_vector scales;            /**< floats; one, or one a channel; absent if not quantized */
    int32_t quantized_dimension; /**< the dimension that the scales run along */
    nn_vector zero_points;       /**< int64; one, or one a channel; absent if they are 0 */
} nn_model_tensor;

/** The shape of a tensor that the file leaves open, found in the set-up; they lie in the arena. */
typedef struct {
    uint32_t tensor;
    uint32_t next; /**< where the next of them lies, or 0 */
    int32_t rank;
    int32_t dims[NN_MAX_RANK];
} nn_closed_shape;

/** What the model says of one operator. */
typedef struct {
    int32_t code; /**< BuiltinOperator */
    nn_vector inputs;
    nn_vector outputs;
    uint8_t options_type;
    nn_table options;
} nn_model_operator;

/**
 * Opens a model: its first graph. On failure returns what is wrong, else NULL.
 */
const char *nn_model_open(nn_model *model, const uint8_t *data, size_t size);

/** Reads tensor i. On failure returns what is wrong, else NULL. */
const char *nn_model_read_tensor(const nn_model *model, uint32_t i, nn_model_tensor *out);

/** Whether the file leaves a dimension of tensor i, which is sound, open: the shape that it has
 * there is for the smallest batch, and may be wrong. */
bool nn_model_is_open(const nn_model *model, uint32_t i);

/** Whether tensor i, which is sound, is variable: it keeps what it holds until the next inference.
 */
bool nn_model_is_variable(const nn_model *model, uint32_t i);

/** The same of its dimension d alone. */
bool nn_model_is_dim_open(const nn_model *model, uint32_t i, uint32_t d);

/** Reads operator i. On failure returns what is wrong, else NULL. */
const char *nn_model_read_operator(const nn_model *model, uint32_t i, nn_model_operator *out);

/** Whether operator i, which is sound and whose code is that of custom ops, has this own name. */
bool nn_model_is_custom(const nn_model *model, uint32_t i, const char *name);

#endif
