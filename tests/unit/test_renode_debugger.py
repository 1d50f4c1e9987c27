"""Renode's debugger: any firmware's memory, registers and breakpoints, and exact instructions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import numpy as np
import pytest

from tests.unit.conftest import PATIENCE
from tests.unit.debugged import SIZE, STM32, Debugged, build_debugged, inferred
from tinyml_hil.build import COMPILER, load_platform
from tinyml_hil.errors import SetupError
from tinyml_hil.target import Debugger, HoldingLink, TargetOptions, Transcript
from tinyml_hil.target.renode import RenodeTarget

pytestmark = pytest.mark.skipif(not shutil.which(COMPILER), reason=f"needs {COMPILER}")


class Started:
    """Firmware that stands at its first instruction, after a reset where it has run before."""

    def __init__(self, firmware: Debugged, link: HoldingLink, debugger: Debugger) -> None:
        self.firmware, self.link, self.debugger = firmware, link, debugger

    def run_to(self, address: int) -> None:
        """Runs to an address."""
        self.debugger.set_break(address)
        assert self.debugger.run(PATIENCE, self.link)
        assert self.debugger.registers().pc == address & ~1
        self.debugger.clear_break(address)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    try:
        RenodeTarget.check(TargetOptions())
    except SetupError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("debugged")
    firmware = build_debugged(folder, STM32)
    transcript = Transcript(folder / "uart.log")
    target = RenodeTarget(load_platform(STM32), transcript, TargetOptions(cache=folder))
    try:
        yield Started(firmware, *target.debug(firmware.elf))
    finally:
        target.stop()


@pytest.fixture
def it(machine: Started) -> Started:
    machine.debugger.reset()
    return machine


def test_reset_goes_back_to_the_first_instruction(it: Started) -> None:
    it.run_to(it.firmware["infer"])
    it.debugger.reset()
    assert it.debugger.registers().pc == it.firmware["reset"]


def test_one_call_is_run_again_and_again_with_other_inputs(it: Started) -> None:
    it.run_to(it.firmware["infer"])
    at_call = it.debugger.registers()
    for seed in range(3):
        data = np.random.default_rng(seed).bytes(SIZE)
        it.debugger.write(it.firmware["input"], data)
        it.run_to(at_call.lr)
        assert it.debugger.registers().general[0] == inferred(data)
        assert it.debugger.word(it.firmware["output"]) == inferred(data)
        it.debugger.set_registers(at_call)
        assert it.debugger.registers() == at_call


def test_memory_of_any_size_and_place_is_read_as_it_was_written(it: Started) -> None:
    data = np.random.default_rng(1).bytes(SIZE)
    it.debugger.write(it.firmware["input"], data)
    for start, size in ((0, SIZE), (1, 1), (4, 4), (3, 4), (5, SIZE - 5), (7, 0)):
        assert it.debugger.read(it.firmware["input"] + start, size) == data[start : start + size]


def test_changed_registers_change_what_the_function_does(it: Started) -> None:
    it.run_to(it.firmware["infer"])
    it.debugger.write(it.firmware["input"], bytes(range(1, 100)))
    it.debugger.set_registers(it.debugger.registers().replaced(r1=3))
    it.run_to(it.debugger.registers().lr)
    assert it.debugger.registers().general[0] == 1 * 1 + 2 * 2 + 3 * 3


def test_instructions_are_exact(it: Started) -> None:
    counted = []
    for name in ("straight", "loop", "straight", "loop"):
        it.run_to(it.firmware[name])
        before = it.debugger.ticks()
        it.run_to(it.debugger.registers().lr)
        after = it.debugger.ticks()
        assert before is not None
        assert after is not None
        counted.append(after - before)
    assert counted == [101, 2 * 1_000_003 + 2] * 2


def test_breakpoint_behind_a_breakpoint_is_not_passed(it: Started) -> None:
    straight = it.firmware["straight"]
    it.run_to(straight)
    for address in (straight + 1, straight, straight + 2):
        it.debugger.set_break(address)
    assert it.debugger.run(PATIENCE, it.link)
    assert it.debugger.registers().pc == straight + 2
    for address in (straight, straight, straight + 2):
        it.debugger.clear_break(address)
    it.run_to(it.firmware["loop"])


def test_what_it_says_while_it_runs_does_not_stop_it_and_is_read_later(it: Started) -> None:
    it.run_to(it.firmware["straight"])
    it.link.read(0)
    it.debugger.set_registers(it.debugger.registers().replaced(pc=it.firmware["chatter"]))
    said = b""
    while len(said) < 20_000:  # more than a pseudo terminal holds
        assert not it.debugger.run(0.2, it.link)
        said += it.link.read(0)
    assert b"I say, I say" in said
