"""QEMU's debugger: any firmware's memory, registers and breakpoints, and exact instructions."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.unit.conftest import PATIENCE, kill_those_naming
from tests.unit.debugged import SIZE, UARTS, Debugged, build_debugged, inferred
from tinyml_hil.build import COMPILER, load_platform
from tinyml_hil.errors import GoneError, LinkError
from tinyml_hil.target import Debugger, HoldingLink, TargetOptions, Transcript
from tinyml_hil.target.qemu import EXECUTABLE, QemuTarget

pytestmark = pytest.mark.skipif(
    not (shutil.which(EXECUTABLE) and shutil.which(COMPILER)),
    reason=f"needs {EXECUTABLE} and {COMPILER}",
)
NOWHERE = 0xF0000000
RESERVED = 0x0100_5678
REPEATS = 5
MOST_MORE = 1000
"""Instructions that are counted too many where the host lets QEMU wait: then its clock goes on."""


@dataclass(frozen=True)
class Started:
    """Firmware that stands at its first instruction."""

    firmware: Debugged
    link: HoldingLink
    debugger: Debugger

    def run_to(self, name: str) -> None:
        """Runs to a function."""
        address = self.firmware[name]
        self.debugger.set_break(address)
        assert self.debugger.run(PATIENCE, self.link)
        assert self.debugger.registers().pc == address

    def run_to_return(self) -> int:
        """Runs to the return of the function at whose start the core stands; returns r0."""
        back = self.debugger.registers().lr
        self.debugger.set_break(back)
        assert self.debugger.run(PATIENCE, self.link)
        assert self.debugger.registers().pc == back & ~1
        return self.debugger.registers().general[0]


@contextmanager
def started(folder: Path, platform: str = "mps2-an500") -> Iterator[Started]:
    """The firmware on QEMU."""
    firmware = build_debugged(folder, platform)
    transcript = Transcript(folder / "uart.log")
    target = QemuTarget(load_platform(platform), transcript, TargetOptions())
    try:
        link, debugger = target.debug(firmware.elf)
        yield Started(firmware, link, debugger)
    finally:
        target.stop()


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Started]:
    with started(tmp_path) as it:
        yield it


def test_nothing_has_run_yet(it: Started) -> None:
    assert it.debugger.registers().pc == it.firmware["reset"]
    assert it.debugger.ticks() == 0


def test_one_call_is_run_again_and_again_with_other_inputs(it: Started) -> None:
    it.run_to("infer")
    at_call = it.debugger.registers()
    for seed in range(5):
        data = np.random.default_rng(seed).bytes(SIZE)
        it.debugger.write(it.firmware["input"], data)
        assert it.run_to_return() == inferred(data)
        assert it.debugger.word(it.firmware["output"]) == inferred(data)
        assert it.debugger.word(it.firmware["output"] + 4) == seed + 1
        it.debugger.set_registers(at_call)
        assert it.debugger.registers() == at_call


def test_memory_of_any_size_and_place_is_read_as_it_was_written(it: Started) -> None:
    data = np.random.default_rng(1).bytes(SIZE)
    it.debugger.write(it.firmware["input"], data)
    for start, size in ((0, SIZE), (1, 1), (3, 2048), (5, SIZE - 5), (7, 0)):
        assert it.debugger.read(it.firmware["input"] + start, size) == data[start : start + size]


def test_changed_registers_change_what_the_function_does(it: Started) -> None:
    it.run_to("infer")
    it.debugger.write(it.firmware["input"], bytes(range(1, 100)))
    it.debugger.set_registers(it.debugger.registers().replaced(r1=3))
    assert it.run_to_return() == 1 * 1 + 2 * 2 + 3 * 3


@pytest.mark.parametrize("platform", UARTS)
def test_instructions_are_exact_whatever_timers_run(tmp_path: Path, platform: str) -> None:
    with started(tmp_path, platform) as it:
        counted: dict[str, list[int]] = {"straight": [], "loop": []}
        for _ in range(REPEATS):
            for name, counts in counted.items():
                it.run_to(name)
                before = it.debugger.ticks()
                it.run_to_return()
                after = it.debugger.ticks()
                assert before is not None
                assert after is not None
                counts.append(after - before)
        assert {name: min(counts) for name, counts in counted.items()} == {
            "straight": 101,
            "loop": 2 * 1_000_003 + 2,
        }


def test_instructions_are_exact_where_the_counter_comes_round(it: Started) -> None:
    it.run_to("straight")
    long_loop = it.debugger.registers().replaced(pc=it.firmware["long_loop"])
    it.debugger.set_registers(long_loop)
    before = it.debugger.ticks()
    it.run_to_return()
    after = it.debugger.ticks()
    assert before is not None
    assert after is not None
    assert 0 <= after - (before + 5 + 4 * 340_000_003) <= MOST_MORE


def test_step_is_one_instruction_also_at_a_breakpoint(it: Started) -> None:
    it.run_to("straight")
    before = it.debugger.ticks()
    it.debugger.step()
    assert it.debugger.registers().pc == it.firmware["straight"] + 2
    assert before is not None
    assert it.debugger.ticks() == before + 1


def test_breakpoint_behind_a_breakpoint_is_not_passed(it: Started) -> None:
    it.run_to("straight")
    it.debugger.set_break(it.firmware["straight"] + 2)
    assert it.debugger.run(PATIENCE, it.link)
    assert it.debugger.registers().pc == it.firmware["straight"] + 2


def test_breakpoints_may_be_set_and_cleared_twice_and_as_functions_are_addressed(
    it: Started,
) -> None:
    it.run_to("infer")
    for _ in range(2):
        it.debugger.set_break(it.firmware["straight"] + 1)
    for _ in range(2):
        it.debugger.clear_break(it.firmware["straight"] + 1)
    it.run_to("loop")


def test_firmware_that_comes_to_no_breakpoint_is_stopped_and_goes_on(it: Started) -> None:
    it.run_to("infer")
    it.debugger.clear_break(it.firmware["infer"])
    assert not it.debugger.run(0.05, it.link)
    it.run_to("infer")


def test_what_it_says_while_it_runs_does_not_stop_it_and_is_read_later(it: Started) -> None:
    it.run_to("straight")
    assert it.link.read(0) == b"inferred\n"
    it.debugger.clear_break(it.firmware["straight"])
    it.debugger.set_registers(it.debugger.registers().replaced(pc=it.firmware["chatter"]))
    said = b""
    while len(said) < 400_000:  # more than a socket holds
        assert not it.debugger.run(0.2, it.link)
        said += it.link.read(0)
    assert said.startswith(b"I say, I say")


def test_reset_goes_back_to_the_first_instruction(it: Started) -> None:
    it.run_to("infer")
    it.debugger.reset()
    assert it.debugger.registers().pc == it.firmware["reset"]
    assert it.debugger.run(PATIENCE, it.link)
    assert it.debugger.registers().pc == it.firmware["infer"]


def test_memory_that_is_not_there_is_said_with_its_address(it: Started) -> None:
    with pytest.raises(LinkError, match=r"QEMU's GDB server did not read 4 bytes at 0xf0000000"):
        it.debugger.read(NOWHERE, 4)
    assert it.debugger.registers().pc == it.firmware["reset"]


def test_where_the_machine_has_no_memory_zeros_are_known_to_be_executed(it: Started) -> None:
    """The MPS2's memory map has "reserved" between its memories (DAI0386, 3.1)."""
    nothing = it.debugger.nothing_at(RESERVED)
    assert (nothing.start, nothing.stop) == (0x0080_0000, 0x2000_0000)
    assert not any(it.debugger.read(RESERVED, 64))
    registers = it.debugger.registers()
    it.debugger.set_registers(registers.replaced(pc=RESERVED))
    it.debugger.step()
    assert it.debugger.registers().pc == RESERVED + 2
    assert not it.debugger.nothing_at(registers.pc)


def test_qemu_that_dies_is_said_to_have_ended(
    private_tmp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(private_tmp))
    with started(tmp_path) as it:
        kill_those_naming(private_tmp)
        with pytest.raises(GoneError, match="QEMU ended: killed by SIGKILL"):
            it.debugger.read(0, 4)
