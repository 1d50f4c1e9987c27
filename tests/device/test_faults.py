"""A fault is reported with its place in the source, and a reset brings the device back."""

from __future__ import annotations

import pytest

from tinyml_hil.device import PASSED, Device
from tinyml_hil.errors import FaultError
from tinyml_hil.session import Session


@pytest.fixture(autouse=True)
def _can_fault(device: Device) -> None:
    device.require("fault", "reset")


FAULTS = {
    "udf": "fault_undefined_instruction",
    "bus": "fault_unmapped_address",
    "div": "fault_divide_by_zero",
}


@pytest.mark.parametrize("kind", FAULTS)
def test_fault_names_function_file_and_line(device: Device, hil: Session, kind: str) -> None:
    if kind not in hil.target.faults:
        pytest.skip(f"{hil.target.name} does not raise a fault of the kind {kind}")
    with pytest.raises(FaultError, match=rf"pc {FAULTS[kind]} \(\S*fault\.c:\d+\)"):
        device.console.request(f"fault {kind}")
    device.reset()


def test_fault_names_the_caller(device: Device) -> None:
    with pytest.raises(FaultError, match=r"lr command_fault \(\S*fault\.c:\d+\)"):
        device.console.request("fault udf")
    device.reset()


def test_reset_after_a_fault_boots_again(device: Device) -> None:
    with pytest.raises(FaultError):
        device.console.request("fault udf")
    device.reset()
    assert PASSED in device.boot_lines
