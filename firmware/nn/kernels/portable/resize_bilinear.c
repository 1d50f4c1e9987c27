/* Bilinear resizing in plain C; after ResizeBilinearInteger of tflite's
 * reference/resize_bilinear.h. Weights are at most 1.5 times NN_BILINEAR_ONE in size, so that 32
 * bits hold every sum. */
#include "kernels/resize.h"

enum { ONE = NN_BILINEAR_ONE };

/* The four points around a position, and their weights, which add up to ONE * ONE. */
typedef struct {
    const int8_t *point[4];
    int32_t weight[4];
} neighbours;

static int32_t rounded(int32_t sum) {
    return (sum + (sum > 0 ? ONE * ONE / 2 : -ONE * ONE / 2)) / (ONE * ONE);
}

static void interpolate(const neighbours *n, int32_t channels, int8_t *output) {
    for (int32_t c = 0; c < channels; c++) {
        int32_t sum = n->point[0][c] * n->weight[0] + n->point[1][c] * n->weight[1] +
                      n->point[2][c] * n->weight[2] + n->point[3][c] * n->weight[3];
        output[c] = (int8_t)rounded(sum);
    }
}

void nn_resize_bilinear_s8(const nn_bilinear_params *params, const int8_t *input, int8_t *output) {
    const nn_bilinear_params *p = params;
    int32_t row = p->x.input * p->channels;
    for (int32_t i = 0; i < p->batches * p->y.output; i++) {
        const int8_t *image = input + i / p->y.output * p->y.input * row;
        nn_between y = nn_between_at(&p->y, i % p->y.output);
        const int8_t *top = image + y.lower * row;
        const int8_t *bottom = image + y.upper * row;
        for (int32_t j = 0; j < p->x.output; j++) {
            nn_between x = nn_between_at(&p->x, j);
            int32_t left = x.lower * p->channels;
            int32_t right = x.upper * p->channels;
            const neighbours n = {
                .point = {top + left, top + right, bottom + left, bottom + right},
                .weight = {(ONE - y.fraction) * (ONE - x.fraction), (ONE - y.fraction) * x.fraction,
                           y.fraction * (ONE - x.fraction), y.fraction * x.fraction},
            };
            interpolate(&n, p->channels, output);
            output += p->channels;
        }
    }
}
