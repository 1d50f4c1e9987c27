/**
 * model: which model runs.
 */
#ifndef APP_MODEL_H
#define APP_MODEL_H

#include <stdbool.h>

/** Whether it is the one that was linked; its name; and its SHA-256, written in hexadecimal. */
bool model_is_built_in(void);
const char *model_name(void);
void model_print_sha256(void);

#endif
