/* Images cut into as many smaller ones as a block has points, and put together again. */
#ifndef NN_KERNELS_BLOCKS_H
#define NN_KERNELS_BLOCKS_H

#include <stdint.h>

/** One axis of the images. */
typedef struct {
    int32_t image; /**< elements of an image */
    int32_t block; /**< of a block: every so many elements become one smaller image */
    int32_t part;  /**< of a smaller image */
    int32_t edge;  /**< before an image, which are padded or cropped */
} nn_block_axis;

typedef struct {
    nn_block_axis y;
    nn_block_axis x;
    int32_t batches; /**< of images */
    int32_t point;   /**< bytes of all channels of one point */
    uint8_t filler;  /**< each byte of what is beyond an image */
} nn_blocks_params;

/** Images to their parts. */
void nn_space_to_batch(const nn_blocks_params *params, const uint8_t *input, uint8_t *output);

/** Parts to images; each point of an image must be in one of them. */
void nn_batch_to_space(const nn_blocks_params *params, const uint8_t *input, uint8_t *output);

#endif
