/* Weights that lie compressed in the model: as indices of values, without those that are 0, or in
 * Huffman codes. */
#ifndef NN_KERNELS_DECODE_H
#define NN_KERNELS_DECODE_H

#include <stdbool.h>
#include <stdint.h>

/** How one tensor is to be decoded. Its elements come one after the other, `run` of a channel at a
 * time, channel after channel, and so on. */
typedef struct {
    int32_t count;       /**< elements */
    int32_t size;        /**< bytes of an element */
    int32_t channels;    /**< of which the values, or what stands for 0, differ */
    int32_t run;         /**< consecutive elements of one channel; channels * run divides count */
    int32_t coded;       /**< bytes of the codes */
    int32_t table;       /**< bytes of the values, or of all Huffman tables */
    int32_t entry;       /**< bytes of an entry of a Huffman table, 2 or 4; 0 if there is none */
    int32_t bits;        /**< of an index into the values of a channel, 1 to 8, or into the first
                          * Huffman table, 1 to 16; 0 if pruned */
    int32_t stride;      /**< values of a channel; for indices */
    uint32_t zero_bytes; /**< where, from this, each channel's byte of a 0 lies; if pruned */
} nn_decode_params;

/** Whether all values that are asked for are in the table, and the codes are enough. */
bool nn_decode_is_sound(const nn_decode_params *params, const uint8_t *codes);

/** Each element is the value whose index stands in the codes, first bits high. */
void nn_decode_indices(const nn_decode_params *params, const uint8_t *codes, const uint8_t *table,
                       uint8_t *output);

/** Each element whose bit in the codes is set is the next value; the others are 0. */
void nn_decode_pruned(const nn_decode_params *params, const uint8_t *codes, const uint8_t *table,
                      uint8_t *output);

/** Whether the codes are enough, and each leads through the tables to a value. */
bool nn_decode_huffman_is_sound(const nn_decode_params *params, const uint8_t *codes,
                                const uint8_t *tables);

/** Each element is the value that its code leads to, first bits high. */
void nn_decode_huffman(const nn_decode_params *params, const uint8_t *codes, const uint8_t *tables,
                       uint8_t *output);

#endif
