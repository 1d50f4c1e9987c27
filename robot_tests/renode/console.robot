*** Settings ***
Documentation    The console on the simulated UART: commands, inferences, a fault, a reset.

Resource         firmware.resource

Suite Setup      Set Up Or Skip
Test Setup       Boot The Firmware


*** Test Cases ***
It Says Who It Is
    Command    name    m-name-dut-\\[.+\\]
    Wait For Line On Uart    m-ready
    Command    info    m-info-\\[.*"platform":"stm32h747i-disco".*\\]

The Self-Test Can Be Run Again
    Command    selftest    ${PASSED}
    Wait For Line On Uart    m-ready

The Same Input Gives The Same Bits In The Same Number Of Instructions
    ${address} =    Memory Lane
    Execute Command    sysbus WriteDoubleWord ${address} 0x7f0180ff
    ${first} =    Command    batch ${address} 1    m-item-\\[0,\\d+,\\d+,[0-9a-f]+\\]
    Wait For Line On Uart    m-ready
    ${second} =    Command    batch ${address} 1    m-item-\\[0,\\d+,\\d+,[0-9a-f]+\\]
    Should Be Equal    ${first}[Line]    ${second}[Line]

An Unknown Command Is An Error Line And The Prompt Comes Back
    Command    nonsense    e-\\[Unknown command: nonsense\\]
    Wait For Line On Uart    m-ready

A Fault Names Where It Happened
    ${line} =    Command    fault udf    e-fault-\\[.* pc=(0x[0-9a-f]+) lr=.*\\]
    ${function} =    Execute Command    sysbus FindSymbolAt ${line}[Groups][0]
    Should Contain    ${function}    fault_undefined_instruction

A Reset Boots It Again After A Fault
    Command    fault udf    e-fault-\\[.*\\]
    Command    reset    tinyml-hil \\S+ on stm32h747i-disco .*
    Wait For Line On Uart    ${PASSED}
    Wait For Line On Uart    m-ready


*** Keywords ***
Memory Lane
    [Documentation]    Where the firmware's memory lane begins, as it says itself.
    ${line} =    Command    info    m-info-\\[.*"lane":\\{"address":(\\d+),.*\\]
    Wait For Line On Uart    m-ready
    RETURN    ${line}[Groups][0]
