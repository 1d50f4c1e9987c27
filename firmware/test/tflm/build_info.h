/* What firmware/engine/tflm.cc asks of a build: here its models come from a harness that has read
 * them. */
#ifndef BUILD_INFO_H
#define BUILD_INFO_H

#define BUILD_WITH_MODEL_LOAD 0

#endif
