# What the MPS3-AN547 adds to the firmware build. Without the vector extension: the assembler of
# binutils 2.40 takes GCC's `vcvtne` (convert if not equal) for MVE's `vcvtn` and refuses it.
BSP_CPU := -mcpu=cortex-m55+nomve -mthumb -mfloat-abi=hard
BSP_SHARED := wait.c mps/uart.c
