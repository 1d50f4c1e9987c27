/* Conversions between real numbers and 8-bit ones, and between 8-bit ones of different scales. */
#ifndef NN_KERNELS_REQUANTIZE_H
#define NN_KERNELS_REQUANTIZE_H

#include <stdint.h>

typedef struct {
    uint8_t input_flip;   /**< 0 if the input is int8; 0x80 if it is uint8 */
    int32_t input_offset; /**< minus the input's zero point, plus 128 if that is uint8 */
    int32_t output_offset;
    int32_t multiplier; /**< see nn_multiply() */
    int32_t shift;
    int32_t min; /**< of the output, int8 or uint8 */
    int32_t max;
} nn_requantize_params;

/** output may be input. */
void nn_requantize(const nn_requantize_params *params, const uint8_t *input, uint8_t *output,
                   int32_t count);

typedef struct {
    float scale;
    int32_t zero_point;
    int32_t min; /**< of the 8-bit type */
    int32_t max;
} nn_quantize_params;

/** To int8 or uint8, as min and max say. */
void nn_quantize(const nn_quantize_params *params, const float *input, uint8_t *output,
                 int32_t count);

/** From int8 if min is negative, else from uint8. */
void nn_dequantize(const nn_quantize_params *params, const uint8_t *input, float *output,
                   int32_t count);

#endif
