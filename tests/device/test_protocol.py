"""The serial protocol as docs/protocol.md has it, and above all its errors: never a hang."""

from __future__ import annotations

import re
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.device.inputs import load_as_possible
from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device
from tinyml_hil.device.plain import load_input
from tinyml_hil.errors import DeviceError
from tinyml_hil.model import Model, Preprocessing

LONGEST_LINE = 80


@pytest.fixture
def tensor(model: Model, dataset: Dataset) -> NDArray[Any]:
    return model.input_of(dataset.image(0))


@pytest.fixture
def ours(device: Device) -> None:
    """Skips where the firmware may be another's: MLPerf Tiny does not say what errors there are."""
    device.require("info")


def _answers(device: Device) -> bool:
    return device.console.request("name")[0].startswith("m-name-dut-[")


def test_name_is_the_device_under_test(device: Device) -> None:
    (line,) = device.console.request("name")
    assert re.fullmatch(r"m-name-dut-\[.+\]", line)


def test_profile_names_the_benchmark_and_the_model(device: Device, model: Model) -> None:
    profile, name = device.console.request("profile")
    assert re.fullmatch(r"m-profile-\[.+\]", profile)
    assert name == f"m-model-[{model.name}]"


def test_time_stamps_do_not_go_back(device: Device) -> None:
    (first,), (second,) = device.console.request("timestamp"), device.console.request("timestamp")
    assert int(second.removeprefix("m-lap-us-")) >= int(first.removeprefix("m-lap-us-"))


def test_help_lists_every_command_that_the_harness_uses(device: Device) -> None:
    device.require("info")
    listed = {line.split(":")[0].split(" ")[0] for line in device.console.request("help")}
    assert {"info", "selftest", "output", "db", "batch", "memory", "reset"} <= listed


def test_infer_reports_its_warm_up_and_its_runs(device: Device, tensor: NDArray[Any]) -> None:
    load_as_possible(device, tensor)
    lines = [line for line in device.console.request("infer 2 1") if "lap-us" not in line]
    assert lines[:4] == ["m-warmup-start-1", "m-warmup-done", "m-infer-start-2", "m-infer-done"]


def test_db_print_shows_the_pixels_that_were_loaded(
    device: Device, model: Model, dataset: Dataset, tensor: NDArray[Any]
) -> None:
    if tensor.dtype == np.float32 or model.preprocessing != Preprocessing():
        pytest.skip("the input of this model is not the pixels as they are")
    load_as_possible(device, tensor)
    lines = device.console.request("db print")
    shown = "".join(line.removeprefix("m-buffer-").replace("-", "") for line in lines)
    assert bytes.fromhex(shown) == dataset.image(0).tobytes()


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("nonsense", r"Unknown command: nonsense"),
        ("", r"Empty command"),
        ("db load 1", r"Expected \d+ bytes"),
        ("db load -1", r"Expected \d+ bytes"),
        ("db load 99999999999999999999", r"Expected \d+ bytes"),
        ("db bin 1 00000000", r"Expected \d+ bytes"),
        ("db xyz", r"Bad hex"),
        ("db abc", r"Bad hex"),
        ("batch 0 1", r".+"),
        ("batch 0xffffffff 4294967295", r".+"),
        ("batch zz 1", r".+"),
        ("infer x", r".+"),
        ("fault nothing", r"No such fault"),
        ("a" * (LONGEST_LINE + 1), r"Line too long"),
        ("a" * 5000, r"Line too long"),
    ],
)
def test_bad_command_is_an_error_line_and_the_prompt_comes_back(
    device: Device, command: str, complaint: str
) -> None:
    with pytest.raises(DeviceError, match=rf"e-\[{complaint}\]"):
        device.console.request(command)
    assert _answers(device)


@pytest.mark.usefixtures("ours")
def test_a_line_of_80_characters_is_not_too_long(device: Device) -> None:
    with pytest.raises(DeviceError, match="Unknown command"):
        device.console.request("a" * LONGEST_LINE)


@pytest.mark.usefixtures("ours")
def test_more_hexadecimal_bytes_than_announced_are_refused(
    device: Device, tensor: NDArray[Any]
) -> None:
    if tensor.dtype == np.float32:
        pytest.skip("db HEX loads pixels, and this model takes float32")
    load_input(device.console, tensor)
    with pytest.raises(DeviceError, match=r"e-\[Too many bytes\]"):
        device.console.request("db 00")


def test_bad_crc_is_refused_with_both_values(device: Device, tensor: NDArray[Any]) -> None:
    device.require("db bin")
    content = tensor.tobytes()
    wrong = zlib.crc32(content) ^ 1
    device.console.send(f"db bin {len(content)} {wrong:08x}")
    assert device.console.read_line("leave to send") == f"m-[Expecting {len(content)} bytes]"
    device.console.write(content)
    with pytest.raises(DeviceError, match=rf"CRC mismatch: expected {wrong:08x}, got "):
        list(device.console.reply("db bin"))


def test_an_input_that_was_refused_is_not_inferred(device: Device, tensor: NDArray[Any]) -> None:
    test_bad_crc_is_refused_with_both_values(device, tensor)
    with pytest.raises(DeviceError):
        device.console.request("infer 1 0")


def test_an_input_cut_short_is_given_up(device: Device, tensor: NDArray[Any]) -> None:
    device.require("db bin")
    content = tensor.tobytes()
    device.console.send(f"db bin {len(content)} {zlib.crc32(content):08x}")
    assert device.console.read_line("leave to send") == f"m-[Expecting {len(content)} bytes]"
    device.console.write(content[: len(content) // 2])
    with pytest.raises(DeviceError, match=rf"Time-out: {len(content) // 2} of {len(content)}"):
        list(device.console.reply("db bin"))
    assert _answers(device)


@pytest.mark.usefixtures("ours")
def test_binary_junk_does_not_hang_the_device(device: Device) -> None:
    random = np.random.default_rng(2)
    for length in (1, 7, 80, 81, 500, 3000):
        device.console.write(random.bytes(length))
        device.console.resynchronise()
        assert _answers(device)


@pytest.mark.usefixtures("ours")
def test_line_ends_between_commands_are_ignored(device: Device) -> None:
    device.console.write(b"\r\n\r\n")
    assert _answers(device)


@pytest.mark.usefixtures("ours")
def test_two_commands_at_once_are_both_answered(device: Device) -> None:
    device.console.write(b"name%name%")
    for _ in range(2):
        assert device.console.read_line("the name").startswith("m-name-dut-[")
        assert device.console.read_line("the prompt") == "m-ready"
