*** Settings ***
Documentation     A reset boots the firmware again, and changes none of its answers.

Resource          hil.resource

Suite Setup       Start Device
Suite Teardown    Stop Device


*** Test Cases ***
The Boot Output Comes Again
    Reset Device
    Boot Output Should Contain    m-init-done
    Self Test Should Have Passed

The Answers Stay The Same
    Classify Image    0
    ${before} =    Get Output
    Reset Device
    Classify Image    0
    ${after} =    Get Output
    Should Be Equal    ${before}    ${after}
