#include <stdint.h>

extern int8_t output_buffer[12];

struct Elsewhere {
  int before;
  int8_t *at;
};

Elsewhere elsewhere = {1, output_buffer + 3};
