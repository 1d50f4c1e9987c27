/* What the build of a firmware says of itself, for fuzzers and static analysis: they build none. */
#define BUILD_VERSION "1.2.3"
#define BUILD_PLATFORM "host"
#define BUILD_MODEL_NAME "small"
#define BUILD_MODEL_SHA256 "00"
#define BUILD_ARENA_SIZE 16384
#define BUILD_INPUT_SIZE 32768
#define BUILD_WITH_MODEL_LOAD 1
#define BUILD_WITH_TENSORS 1
