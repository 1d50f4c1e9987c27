*** Settings ***
Documentation     A fault is reported with its place in the source; a reset brings the device back.

Resource          hil.resource

Suite Setup       Start Device
Suite Teardown    Stop Device
Test Teardown     Reset Device


*** Test Cases ***
An Undefined Instruction Is Named
    Fault Should Be Reported In    fault_undefined_instruction    udf

A Load From Nowhere Is Named
    Fault Should Be Reported In    fault_unmapped_address    bus

A Division By Zero Is Named
    Fault Should Be Reported In    fault_divide_by_zero    div

The Device Works Again After A Fault And A Reset
    Fault Should Be Reported In    fault_undefined_instruction    udf
    Reset Device
    Self Test Should Have Passed
    Classify Image    0
    Output Should Equal The Host
