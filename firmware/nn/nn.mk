# The engine's sources and the flags that its exactness needs, for every Makefile that builds it.
# Set NN_DIR to this folder first.
#
# -ffp-contract=off: fused multiply-adds round once where the reference rounds twice.
NN_SRCS := $(wildcard $(NN_DIR)/*.c $(NN_DIR)/ops/*.c $(NN_DIR)/kernels/portable/*.c)
NN_CFLAGS := -std=c11 -ffp-contract=off -I$(NN_DIR)
