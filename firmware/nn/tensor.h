/**
 * tensor: a tensor as it lies in memory, its type and its shape.
 */
#ifndef NN_TENSOR_H
#define NN_TENSOR_H

#include <stdint.h>

/** The most dimensions a tensor may have. */
#define NN_MAX_RANK 6

/** Alignment of the arena, of the model and of every tensor, in bytes. */
#define NN_ALIGNMENT 16u

/** Element types; the values are those of TensorType in the .tflite schema. */
typedef enum {
    NN_FLOAT32 = 0,
    NN_FLOAT16 = 1, /**< of constants alone, that DEQUANTIZE reads */
    NN_INT32 = 2,
    NN_UINT8 = 3,
    NN_INT64 = 4,
    NN_BOOL = 6,
    NN_INT16 = 7,
    NN_INT8 = 9,
    NN_RESOURCE = 13, /**< a variable's handle, which holds nothing itself */
    NN_INT4 = 17,     /**< of weights alone, two in a byte */
} nn_type;

/** Whether int16 is linked, but for what moves elements of any type; see nn.mk. */
#ifndef NN_WITH_INT16
#define NN_WITH_INT16 1
#endif

/** Whether tensors may be variable; see nn.mk. */
#ifndef NN_WITH_STATE
#define NN_WITH_STATE 1
#endif

/** A tensor as it lies in memory. Scale and zero point are those of the whole tensor. */
typedef struct {
    void *data;     /**< first element, in the arena or in the model */
    uint32_t bytes; /**< size of the data in bytes */
    nn_type type;
    int32_t rank;
    int32_t dims[NN_MAX_RANK];
    float scale;        /**< 0 if the tensor is not quantized */
    int32_t zero_point; /**< 0 if the tensor is not quantized */
} nn_tensor;

#endif
