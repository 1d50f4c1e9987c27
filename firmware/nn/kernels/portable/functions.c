/* GELU in single precision. */
#include "kernels/functions.h"

#include <math.h>

static const float sqrt_half = 0.70710678118654752440f;
static const float sqrt_2_over_pi = 0.79788456080286535588f;

float nn_gelu(float x) {
    return 0.5f * x * erfcf(x * -sqrt_half);
}

float nn_gelu_approximate(float x) {
    return 0.5f * x * (1.0f + tanhf(sqrt_2_over_pi * (x + 0.044715f * x * x * x)));
}
