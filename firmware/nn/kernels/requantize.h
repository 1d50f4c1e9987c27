/* Conversions between real numbers and integers, and between integers of different scales. */
#ifndef NN_KERNELS_REQUANTIZE_H
#define NN_KERNELS_REQUANTIZE_H

#include <stdbool.h>
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

/** Integers of any width; what is read before it is written may be replaced. */
typedef struct {
    int32_t input_bytes; /**< of an element: 1, 2 or 4 */
    int32_t output_bytes;
    bool is_unsigned; /**< an input of one byte is uint8 */
    int32_t input_zero_point;
    int32_t output_offset;
    int32_t multiplier; /**< see nn_multiply() */
    int32_t shift;
    int32_t min; /**< of the output's type */
    int32_t max;
} nn_requantize_wide_params;

/** The elements must be aligned. output may be input if their widths are the same. */
void nn_requantize_wide(const nn_requantize_wide_params *params, const void *input, void *output,
                        int32_t count);

typedef struct {
    float scale;
    int32_t zero_point;
    int32_t min; /**< of the integer type */
    int32_t max;
} nn_quantize_params;

/** To int8 or uint8, as min and max say. */
void nn_quantize_8(const nn_quantize_params *params, const float *input, uint8_t *output,
                   int32_t count);
void nn_quantize_16(const nn_quantize_params *params, const float *input, int16_t *output,
                    int32_t count);

/** From int8 if min is negative, else from uint8. */
void nn_dequantize_8(const nn_quantize_params *params, const uint8_t *input, float *output,
                     int32_t count);
void nn_dequantize_16(const nn_quantize_params *params, const int16_t *input, float *output,
                      int32_t count);

/** From float16, as IEEE 754 has it. */
void nn_dequantize_f16(const uint16_t *input, float *output, int32_t count);

#endif
