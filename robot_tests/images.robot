*** Settings ***
Documentation     The ten images of the guide, CIFAR-10's first: the device gives the host's bits for each.

Resource          hil.resource

Suite Setup       Start Device
Suite Teardown    Stop Device
Test Template     Image Should Be Exact


*** Test Cases ***    INDEX
Image 0    0
Image 1    1
Image 2    2
Image 3    3
Image 4    4
Image 5    5
Image 6    6
Image 7    7
Image 8    8
Image 9    9
They Are Those Of The Guide
    [Template]    Labels Should Be
    cat    ship    ship    airplane    frog    frog    automobile    frog    cat    automobile


*** Keywords ***
Image Should Be Exact
    [Documentation]    Classifies an image, and fails unless every bit of the output is the host's.
    [Arguments]    ${index}
    Skip Where The Dataset Is Shorter Than    ${index}
    ${class} =    Classify Image    ${index}
    Output Should Equal The Host
    ${label} =    Get Label    ${index}
    Set Test Message    label ${label}, prediction ${class}, output equal to the host's

Labels Should Be
    [Documentation]    Checks the labels of the first images; skips where another dataset was chosen.
    [Arguments]    @{labels}
    ${own} =    Get Variable Value    $DATASET
    Skip If    $own    the dataset is ${own}, not the guide's
    Skip Where The Dataset Is Shorter Than    9
    FOR    ${index}    ${expected}    IN ENUMERATE    @{labels}
        ${label} =    Get Label    ${index}
        Should Be Equal    ${label}    ${expected}    image ${index}
    END

Skip Where The Dataset Is Shorter Than
    [Documentation]    Skips the test where there is no image with that index.
    [Arguments]    ${index}
    ${count} =    Get Number Of Images
    Skip If    ${count} <= ${index}    the dataset has ${count} images only
