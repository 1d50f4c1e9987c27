/* Products of matrices of int8 in plain C. */
#include "kernels/batch_matmul.h"

#include "fixed_point.h"

static int32_t product(const nn_batch_matmul_shape *shape, const nn_batch_matmul_scale *scale,
                       const int8_t *a, const int8_t *b) {
    int32_t sum = 0;
    for (int32_t i = 0; i < shape->depth; i++) {
        int32_t left = a[i * shape->a.along] + scale->a_offset;
        int32_t right = b[i * shape->b.along] + scale->b_offset;
        sum = nn_wrapping_add(sum, left * right);
    }
    return sum;
}

void nn_batch_matmul_s8(const nn_batch_matmul_shape *shape, const nn_batch_matmul_scale *scale,
                        const int8_t *a, const int8_t *b, int8_t *output) {
    for (int32_t batch = 0; batch < shape->batches; batch++) {
        const int8_t *from_a = a + nn_grid_at(&shape->a.batch, batch);
        const int8_t *from_b = b + nn_grid_at(&shape->b.batch, batch);
        for (int32_t row = 0; row < shape->rows; row++) {
            for (int32_t column = 0; column < shape->columns; column++) {
                int32_t sum = product(shape, scale, from_a + row * shape->a.across,
                                      from_b + column * shape->b.across);
                sum = nn_multiply(sum, scale->multiplier, scale->shift);
                sum = nn_wrapping_add(sum, scale->output_offset);
                *output++ = (int8_t)nn_clamp(sum, INT8_MIN, INT8_MAX);
            }
        }
    }
}
