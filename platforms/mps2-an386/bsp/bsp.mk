# What the MPS2-AN386 adds to the firmware build.
BSP_CPU := -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard
BSP_SHARED := wait.c mps/mps2.c mps/uart.c
