*** Settings ***
Documentation     Every image of the dataset, bit for bit, and the same bits every time.

Resource          hil.resource

Suite Setup       Start Device
Suite Teardown    Stop Device


*** Test Cases ***
Every Image Of The Dataset Gives The Host's Bits
    ${count} =    Get Number Of Images
    FOR    ${index}    IN RANGE    ${count}
        Classify Image    ${index}
        Run Keyword And Continue On Failure    Output Should Equal The Host
    END
    Set Test Message    ${count} images

Every Layer Gives The Host's Bits
    Layers Should Equal The Host    0

The Same Image Gives The Same Bits After Another One
    ${count} =    Get Number Of Images
    Skip If    ${count} < 2    needs two images
    ${before} =    Output For Image    0
    Output For Image    1
    ${after} =    Output For Image    0
    Should Be Equal    ${before}    ${after}


*** Keywords ***
Output For Image
    [Documentation]    Classifies an image, and returns the raw output.
    [Arguments]    ${index}
    Classify Image    ${index}
    ${output} =    Get Output
    RETURN    ${output}
