/* Bilinear resizing of float32 in plain C. */
#include "kernels/resize_real.h"

void nn_resize_bilinear_f32(const nn_resize_real_params *params, const float *input,
                            float *output) {
    const nn_resize_real_params *p = params;
    for (int32_t row = 0; row < p->batches * p->y.output; row++) {
        for (int32_t column = 0; column < p->x.output; column++) {
            nn_real_corners at = nn_real_corners_at(p, row, column);
            for (int32_t c = 0; c < p->channels; c++) {
                /* LiteRT adds a 0 here, by which -0 becomes 0. */
                *output =
                    nn_between_corners(&at, input[at.top_left + c], input[at.top_right + c],
                                       input[at.bottom_left + c], input[at.bottom_right + c]) +
                    0.0f;
                output++;
            }
        }
    }
}
