/* What the convolutions share: weights, and one multiplier and shift an output
 * channel, which lie in the arena behind the op's own parameters. */
#ifndef NN_OPS_CHANNELS_H
#define NN_OPS_CHANNELS_H

#include "op.h"

/** The most products of an 8-bit difference and an int8 weight, or of two 8-bit differences, that
 * surely fit in 32 bits. */
#define NN_MAX_SUM(type) ((type) == NN_INT8 ? 65535 : 33025)

/** What a kernel gets. */
typedef struct {
    const int32_t *multipliers;
    const int8_t *shifts;
} nn_channels;

/** The parameters' size: the op's own, then those of its channels. */
uint32_t nn_channels_size(uint32_t own_size, int32_t channels);

/** Checks types, ranks and quantization of an image, weights and an optional bias. */
bool nn_check_weights(nn_node *node, const nn_model_tensor *input, const nn_model_tensor *filter,
                      const nn_model_tensor *bias, const nn_model_tensor *output);

/** Fills the channels' parameters. */
bool nn_prepare_channels(nn_node *node, uint32_t own_size, const nn_model_tensor *input,
                         const nn_model_tensor *filter, const nn_model_tensor *output,
                         int32_t channels);

nn_channels nn_channels_of(const nn_node *node, uint32_t own_size, int32_t channels);

#endif
