# The engine's sources and the flags that its exactness needs, for every Makefile that builds it.
# Set NN_DIR to this folder first. NN_KERNELS chooses the kernels: `simd` takes those of
# kernels/simd/ where there are any, `portable` takes none of them. Both give the same bits.
#
# -ffp-contract=off: fused multiply-adds round once where the reference rounds twice.
NN_KERNELS ?= simd
nn_simd = $(if $(filter simd,$(1)),$(wildcard $(NN_DIR)/kernels/simd/*.c))
nn_sources = $(wildcard $(NN_DIR)/*.c $(NN_DIR)/ops/*.c) $(nn_simd) \
    $(filter-out $(nn_simd:$(NN_DIR)/kernels/simd/%=$(NN_DIR)/kernels/portable/%), \
        $(wildcard $(NN_DIR)/kernels/portable/*.c))
NN_SRCS := $(call nn_sources,$(NN_KERNELS))
NN_CFLAGS := -std=c11 -ffp-contract=off -I$(NN_DIR)
