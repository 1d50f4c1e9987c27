*** Settings ***
Documentation    The firmware boots on the simulated STM32H747I-DISCO, and its self-test passes.

Resource         firmware.resource

Suite Setup      Set Up Or Skip


*** Test Cases ***
The Banner Names The Board
    Start The Firmware
    Wait For Line On Uart    tinyml-hil \\S+ on stm32h747i-disco .*    treatAsRegex=true

The Self-Test Passes
    Start The Firmware
    Wait For Line On Uart    image 0: label .+, prediction .+, confidence \\d+\\.\\d%    treatAsRegex=true
    Wait For Line On Uart    (\\d+)/\\1 equal to the host    treatAsRegex=true
    Wait For Line On Uart    ${PASSED}

The Boot Ends As MLPerf Tiny Says
    Start The Firmware
    Wait For Line On Uart    m-timestamp-mode-performance
    Wait For Line On Uart    m-lap-us-\\d+    treatAsRegex=true
    Wait For Line On Uart    m-init-done
    Wait For Line On Uart    m-ready
