# The engine's sources and the flags that its exactness needs, for every Makefile that builds it.
# Set NN_DIR to this folder first. NN_KERNELS chooses the kernels: `simd` takes those of
# kernels/simd/ where there are any, `portable` takes none of them. Both give the same bits.
#
# NN_OPS chooses the ops that are linked, by their names in the schema (CONV_2D ADD ...), or `all`.
# Names that the engine does not have are left out; nn_init() names the first such op of a model.
#
# NN_WITH_UINT8=0 leaves out uint8, which only models of the years before 2020 have throughout;
# QUANTIZE and DEQUANTIZE keep it.
#
# -ffp-contract=off: fused multiply-adds round once where the reference rounds twice.
NN_KERNELS ?= simd
nn_simd = $(if $(filter simd,$(1)),$(wildcard $(NN_DIR)/kernels/simd/*.c))
nn_sources = $(wildcard $(NN_DIR)/*.c $(NN_DIR)/ops/*.c) $(nn_simd) \
    $(filter-out $(nn_simd:$(NN_DIR)/kernels/simd/%=$(NN_DIR)/kernels/portable/%), \
        $(wildcard $(NN_DIR)/kernels/portable/*.c))
NN_SRCS := $(call nn_sources,$(NN_KERNELS))
NN_WITH_UINT8 ?= 1
NN_CFLAGS := -std=c11 -ffp-contract=off -I$(NN_DIR) -DNN_WITH_UINT8=$(NN_WITH_UINT8)

NN_OPS ?= all
nn_known_ops := $(shell sed -n 's/^ *NN_OP(\([a-z0-9_]*\)).*/\1/p' $(NN_DIR)/ops/ops.h)
nn_linked_ops = $(filter $(nn_known_ops),$(shell echo $(NN_OPS) | tr A-Z a-z))
nn_space := $() $()
ifneq ($(NN_OPS),all)
NN_CFLAGS += -DNN_LINKED_OPS=$(subst $(nn_space),,$(patsubst %,NN_OP\(%\),$(nn_linked_ops)))
endif
