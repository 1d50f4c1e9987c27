# What the MPS2-AN500 adds to the firmware build.
BSP_SRCS := bsp/cortex_m/startup.c bsp/cortex_m/core.c bsp/cortex_m/string.c bsp/mps2_an500/bsp.c
BSP_CPU := -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard
BSP_LDSCRIPT := bsp/mps2_an500/linker.ld
BSP_LDDEPS := bsp/cortex_m/sections.ld
