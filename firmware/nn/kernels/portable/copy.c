/* Moving bytes in plain C. */
#include "kernels/copy.h"

#include <string.h>

void nn_pad_8(const nn_pad_params *params, const uint8_t *input, uint8_t *output) {
    int32_t rows = nn_grid_count(&params->rows);
    memset(output, params->padding, (size_t)params->bytes);
    for (int32_t i = 0; i < rows; i++) {
        uint8_t *to = output + params->origin + nn_grid_at(&params->rows, i);
        memcpy(to, input, (size_t)params->row);
        input += params->row;
    }
}

void nn_copy_rows(const uint8_t *input, uint8_t *output, int32_t rows, int32_t bytes,
                  int32_t stride) {
    for (int32_t i = 0; i < rows; i++) {
        memcpy(output, input, (size_t)bytes);
        input += bytes;
        output += stride;
    }
}
