/* Functions of one real number that ops of integers tabulate, and those of float32 compute. */
#ifndef NN_KERNELS_FUNCTIONS_H
#define NN_KERNELS_FUNCTIONS_H

/** Both as tflite/kernels/internal/reference/gelu.h. */
float nn_gelu(float x);
float nn_gelu_approximate(float x);

#endif
