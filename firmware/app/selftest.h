/**
 * selftest: built-in images, and whether the model gives the host's outputs for them.
 */
#ifndef APP_SELFTEST_H
#define APP_SELFTEST_H

#include <stdbool.h>
#include <stdint.h>

/** Checks the linked self-test data; call once before the others. */
void selftest_init(void);

/** Runs the model on every image; writes a line for each, then the verdict. True if it passed: also
 *  if there are no images, which it says. */
bool selftest_run(void);

/** The number of class names, and the names, one after the other, each ended by NUL. */
uint32_t selftest_label_count(void);
const char *selftest_labels(void);

#endif
