# What the STM32H747I-DISCO adds to the firmware build. BAUD sets the console's speed.
BAUD ?= 115200
BSP_SRCS := $(addprefix bsp/cortex_m/,startup.c core.c string.c cache.c cycles.c) \
    $(addprefix bsp/stm32h747i_disco/,bsp.c clock.c leds.c uart.c)
BSP_CPU := -mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard
BSP_CFLAGS := -DBSP_UART_BAUD=$(BAUD)u
BSP_LDSCRIPT := bsp/stm32h747i_disco/linker.ld
BSP_LDDEPS := bsp/cortex_m/sections.ld
