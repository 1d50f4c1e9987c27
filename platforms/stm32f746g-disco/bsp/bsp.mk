# What the STM32F746G-DISCO adds to the firmware build. BAUD sets the console's speed.
BAUD ?= 115200
BSP_CPU := -mcpu=cortex-m7 -mthumb -mfpu=fpv5-sp-d16 -mfloat-abi=hard
BSP_CFLAGS := -DBSP_UART_BAUD=$(BAUD)u
BSP_SHARED := cortex_m/cache.c cortex_m/cycles.c cortex_m/ticks.c wait.c stm32/start.c stm32/usart.c
