# What the MPS2-AN500 adds to the firmware build.
BSP_CPU := -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard
BSP_SHARED := wait.c mps/mps2.c mps/uart.c
