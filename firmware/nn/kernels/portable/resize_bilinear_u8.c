/* Bilinear resizing of uint8 in plain C. */
#include "kernels/resize_real.h"

void nn_resize_bilinear_u8(const nn_resize_real_params *params, const uint8_t *input,
                           uint8_t *output) {
    const nn_resize_real_params *p = params;
    for (int32_t row = 0; row < p->batches * p->y.output; row++) {
        for (int32_t column = 0; column < p->x.output; column++) {
            nn_real_corners at = nn_real_corners_at(p, row, column);
            for (int32_t c = 0; c < p->channels; c++) {
                float value =
                    nn_between_corners(&at, input[at.top_left + c], input[at.top_right + c],
                                       input[at.bottom_left + c], input[at.bottom_right + c]);
                *output = (uint8_t)(int32_t)(value + 0.5f);
                output++;
            }
        }
    }
}
