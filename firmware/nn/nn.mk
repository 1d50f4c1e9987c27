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
# NN_WITH_FLOAT=0 leaves out the ops of float32, which models have before they are quantized.
#
# NN_WITH_FOLDING=0 leaves out what only models need that compute shapes, or leave some open; see
# fold.c. It also leaves out what looks whether a file's shapes are those that its ops tell: a model
# that is built in was looked at on the host, by an engine that has it.
#
# NN_WITH_HYBRID=0 leaves out ops of float32 with weights of int8, as dynamic-range models have them.
#
# NN_WITH_INT16=0 leaves out ops of int16 with weights of int8, which models have that are quantized as 16x8.
#
# NN_WITH_INT4=0 leaves out weights of 4 bits; see packed.h.
#
# NN_WITH_STATE=0 leaves out tensors that keep what they hold until the next inference.
#
# NN_CUSTOM_OPS names ops of the user's own, see op.h: for each NAME there is custom_NAME/NAME.c where it is built, with nn_custom_NAME
# in it. NN_WITH_CUSTOM=0 leaves out what finds them.
#
# NN_ARITHMETIC chooses whose bits the engine gives where they differ: `litert`, those of LiteRT's
# reference kernels, or `tflm`, those of TensorFlow Lite for Microcontrollers (TFLM). For the second,
# the files in tflm/ stand in for those of the same path here; and uint8 and dynamic range, in which TFLM
# computes nothing, and int16, in which it is not known to give the same bits, are left out.
NN_KERNELS ?= simd
NN_ARITHMETIC ?= litert
nn_instead := $(filter tflm,$(NN_ARITHMETIC))
$(if $(nn_instead)$(filter litert,$(NN_ARITHMETIC)),,$(error NN_ARITHMETIC is neither litert nor tflm))
nn_simd = $(if $(filter simd,$(1)),$(wildcard $(NN_DIR)/kernels/simd/*.c))
nn_tflm := $(if $(nn_instead),$(wildcard $(NN_DIR)/tflm/*/*.c))
nn_sources = $(nn_tflm) $(filter-out $(nn_tflm:$(NN_DIR)/tflm/%=$(NN_DIR)/%), \
        $(wildcard $(NN_DIR)/*.c $(NN_DIR)/ops/*.c $(NN_DIR)/ops/float/*.c $(NN_DIR)/ops/int16/*.c)) $(nn_simd) \
    $(filter-out $(nn_simd:$(NN_DIR)/kernels/simd/%=$(NN_DIR)/kernels/portable/%), \
        $(wildcard $(NN_DIR)/kernels/portable/*.c $(NN_DIR)/kernels/portable/float/*.c \
            $(NN_DIR)/kernels/portable/int16/*.c))
NN_SRCS := $(call nn_sources,$(NN_KERNELS))
NN_WITH_UINT8 ?= 1
ifneq ($(nn_instead),)
override NN_WITH_UINT8 := 0
override NN_WITH_HYBRID := 0
override NN_WITH_INT16 := 0
endif
NN_WITH_FLOAT ?= 1
NN_WITH_FOLDING ?= 1
NN_WITH_INT4 ?= 1
NN_WITH_HYBRID ?= $(NN_WITH_FLOAT)
NN_WITH_STATE ?= 1
NN_WITH_INT16 ?= 1
NN_WITH_CUSTOM ?= 1
NN_CUSTOM_OPS ?=
NN_CFLAGS := -std=c11 -ffp-contract=off $(nn_instead:%=-I$(NN_DIR)/%) -I$(NN_DIR) -DNN_WITH_UINT8=$(NN_WITH_UINT8) \
    -DNN_WITH_FLOAT=$(NN_WITH_FLOAT) -DNN_WITH_FOLDING=$(NN_WITH_FOLDING) \
    -DNN_WITH_INT4=$(NN_WITH_INT4) -DNN_WITH_HYBRID=$(NN_WITH_HYBRID) -DNN_WITH_STATE=$(NN_WITH_STATE) \
    -DNN_WITH_INT16=$(NN_WITH_INT16) -DNN_WITH_CUSTOM=$(NN_WITH_CUSTOM)

NN_OPS ?= all
nn_known = $(shell sed -n 's/^ *$(1)(\([a-z0-9_]*\)).*/\1/p' $(NN_DIR)/ops/ops.h)
nn_wanted := $(shell echo $(NN_OPS) | tr A-Z a-z)
nn_space := $() $()
# A macro that lists the wanted ops among those that ops.h lists with another one.
nn_linked = -D$(1)=$(subst $(nn_space),,$(patsubst %,$(2)\(%\),$(filter $(call nn_known,$(2)),$(nn_wanted))))
# For resolver.c alone: no other source knows which ops are linked.
ifneq ($(NN_OPS),all)
NN_RESOLVER_CFLAGS := $(call nn_linked,NN_LINKED_OPS,NN_OP) $(call nn_linked,NN_LINKED_FLOAT_OPS,NN_FLOAT_OP) \
    $(call nn_linked,NN_LINKED_HYBRID_OPS,NN_HYBRID_OP) $(call nn_linked,NN_LINKED_INT16_OPS,NN_INT16_OP)
endif
ifneq ($(strip $(NN_CUSTOM_OPS)),)
NN_RESOLVER_CFLAGS += -DNN_LINKED_CUSTOM_OPS=$(subst $(nn_space),,$(patsubst %,NN_CUSTOM_OP\(%\),$(NN_CUSTOM_OPS)))
endif
