*** Settings ***
Documentation     What the firmware says from reset to its first prompt, and its self-test.

Resource          hil.resource

Suite Setup       Start Device
Suite Teardown    Stop Device


*** Test Cases ***
The Firmware That Was Built Is The One That Answers
    Device Should Run The Firmware

The Banner Names The Product And The Platform
    ${info} =    Get Device Info
    Boot Output Should Contain    tinyml-hil ${info}[version] on ${info}[platform]

The Boot Ends As MLPerf Tiny Says
    Boot Output Should Contain    m-timestamp-mode-performance
    Boot Output Should Contain    m-init-done

The Self-Test Passed At Boot
    Self Test Should Have Passed

The Self-Test Shows The Label Of Each Image
    ${count} =    Get Number Of Images
    FOR    ${index}    IN RANGE    ${{ min(10, $count) }}
        ${label} =    Get Label    ${index}
        Boot Output Should Contain    image ${index}: label ${label}, prediction${SPACE}
    END

The Self-Test Can Be Run Again
    Self Test Should Pass

The Tensors Fit The Arena
    ${info} =    Get Device Info
    Should Be True    0 < $info['arena_used'] <= $info['arena_size']
