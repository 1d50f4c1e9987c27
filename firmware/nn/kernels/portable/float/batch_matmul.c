/* Products of matrices of float32. */
#include "kernels/batch_matmul.h"

static float product(const nn_batch_matmul_shape *shape, const float *a, const float *b) {
    float sum = 0.0f;
    for (int32_t i = 0; i < shape->depth; i++) {
        sum += a[i * shape->a.along] * b[i * shape->b.along];
    }
    return sum;
}

void nn_batch_matmul_f32(const nn_batch_matmul_shape *shape, const float *a, const float *b,
                         float *output) {
    for (int32_t batch = 0; batch < shape->batches; batch++) {
        const float *from_a = a + nn_grid_at(&shape->a.batch, batch);
        const float *from_b = b + nn_grid_at(&shape->b.batch, batch);
        for (int32_t row = 0; row < shape->rows; row++) {
            for (int32_t column = 0; column < shape->columns; column++) {
                *output++ = product(shape, from_a + row * shape->a.across,
                                    from_b + column * shape->b.across);
            }
        }
    }
}
