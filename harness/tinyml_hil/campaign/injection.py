"""Injection: one fault after the other, written into a device that is held at its inference.

What lies in code, RAM or registers may change anything, so all of the RAM is put back before each
fault there; where a fault did not end as an inference does, the device is reset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from elftools.elf.elffile import ELFFile

from tinyml_hil.build import is_writable
from tinyml_hil.campaign.faults import BEFORE, Fault, Kind
from tinyml_hil.campaign.outcomes import Outcome, Result
from tinyml_hil.campaign.watch import Ending, OutOfTimeError, Watch
from tinyml_hil.device import Classification, DebuggerDevice
from tinyml_hil.errors import DeviceError, LinkError
from tinyml_hil.model import Model, value_in
from tinyml_hil.target import Registers

_KEPT = ("weights", "biases", "code")
"""Where an inference writes nothing."""
_ANYTHING = ("code", "ram", "registers")
"""Where a fault may change any of the RAM."""
_NO_ANSWER = (Outcome.DETECTED, Outcome.CRASH, Outcome.HANG)
"""What does not end as an inference does."""
_LOCKED_UP = "Lockup"
"""How QEMU, which ends then, says that a core has (Armv7-M ARM, B1.5.15)."""
_SHOWN = 200
"""Characters of what the firmware said."""


class _AbsentError(Exception):
    """The fault was not there when it was read back."""


@dataclass(frozen=True)
class Golden:
    """What the device gives for an input without faults, which is right."""

    index: int
    label: int
    output: bytes
    top: int
    ticks: int
    """0 if they are not known."""


class Injector:
    """Runs faults on a device."""

    def __init__(
        self, device: DebuggerDevice, model: Model, input_of: Callable[[int], bytes]
    ) -> None:
        """Takes a device that has just been started.

        ``input_of``: the bytes of a dataset's input, by its index.
        """
        self._device = device
        self._held = device.held
        self._model = model
        self._input_of = input_of
        self._ram = list(self._read_ram())
        self._watch = Watch(self._device)

    def undisturbed(self, index: int) -> tuple[bytes, int, int]:
        """Outputs, class and ticks of an input without faults."""
        output, ticks = self._held.infer(self._input_of(index))
        return output, self._top(output), ticks

    def run(self, fault: Fault, kind: Kind, golden: Golden) -> Result:
        """One fault in an inference of one input; the device is as before afterwards.

        Raises:
            DeviceError, LinkError: the device cannot be brought back.
        """
        for is_last in (False, True):
            try:
                with self._held.noticing_loss():
                    return self._run(fault, kind, golden)
            except (OutOfTimeError, LinkError) as error:
                self._start_over()
                if _LOCKED_UP in str(error):
                    return Result(fault.id, Outcome.CRASH, detail=_short(str(error)))
                if is_last:
                    return Result(fault.id, Outcome.UNDECIDED, detail=_short(str(error)))
        raise AssertionError

    def _run(self, fault: Fault, kind: Kind, golden: Golden) -> Result:
        if fault.region.where in _ANYTHING:
            self._restore()
        self._held.heard()
        self._held.begin(self._input_of(fault.input))
        self._go_to(fault)
        try:
            original = self._write(fault, kind)
        except _AbsentError:
            return Result(fault.id, Outcome.ABSENT)
        ending = self._run_on(fault, golden.ticks)
        if ending is None:
            result = self._judged(fault, kind, golden, original)
        else:
            result = Result(fault.id, ending.outcome, detail=_short(ending.detail))
        self._put_back(fault, original)
        if result.outcome in _NO_ANSWER:
            self._start_over()
        return result

    def _go_to(self, fault: Fault) -> None:
        """Runs to the moment of the fault."""
        if fault.region.where == "registers":
            self._enter(fault.region.layer)
        elif fault.after != BEFORE:
            self._enter(fault.after)
            self._held.run_to(self._held.debugger.registers().lr)

    def _enter(self, layer: int) -> None:
        """Runs to the entry of an op, whose function earlier ops may have, too."""
        function = self._entries[layer]
        assert function is not None
        for _ in range(self._entries[: layer + 1].count(function)):
            self._held.run_to(function)

    def _run_on(self, fault: Fault, usual: int) -> Ending | None:
        """Lets the core run from there to the end of the call; how it ended else, if it did."""
        _ = fault
        found = self._watch.run_to((), self._watch.budget(usual))
        return found if isinstance(found, Ending) else None

    def _write(self, fault: Fault, kind: Kind) -> bytes:
        """Writes the fault, and reads it back; returns what was there before."""
        if fault.region.where == "registers":
            return self._write_register(fault, kind)
        debugger = self._held.debugger
        original = debugger.read(fault.address, _size(fault, kind))
        wanted = kind.changed(original, fault.bit % 8)
        debugger.write(fault.address, wanted)
        if debugger.read(fault.address, len(wanted)) != wanted:
            debugger.write(fault.address, original)
            raise _AbsentError
        return original

    def _write_register(self, fault: Fault, kind: Kind) -> bytes:
        debugger = self._held.debugger
        registers, number = debugger.registers(), fault.bit // 32
        general = list(registers.general)
        value = general[number].to_bytes(4, "little")
        general[number] = int.from_bytes(kind.changed(value, fault.bit % 32), "little")
        debugger.set_registers(Registers(tuple(general), registers.rest))
        if debugger.registers().general[number] != general[number]:
            raise _AbsentError
        return value

    def _put_back(self, fault: Fault, original: bytes) -> None:
        """Undoes a fault in memory, and makes sure of it.

        Raises:
            DeviceError: it is there still.
        """
        if fault.region.where == "registers":
            return
        debugger = self._held.debugger
        debugger.write(fault.address, original)
        if debugger.read(fault.address, len(original)) != original:
            raise DeviceError(f"{fault} cannot be undone at 0x{fault.address:08x}")

    def _judged(self, fault: Fault, kind: Kind, golden: Golden, original: bytes) -> Result:
        """The result of a call that has ended."""
        returned = self._held.debugger.registers().general[0]
        if why := self._held.runtime.failure(returned):
            what = f"{self._held.runtime.function} returned {why}"
            return Result(fault.id, Outcome.DETECTED, detail=what)
        output = self._held.output()
        if output == golden.output:
            is_corrected = self._is_corrected(fault, kind, original)
            outcome = Outcome.CORRECTED if is_corrected else Outcome.MASKED
            return Result(fault.id, outcome, output, golden.top)
        top = self._top(output)
        outcome = Outcome.TOLERABLE if top == golden.top else Outcome.CRITICAL
        return Result(fault.id, outcome, output, top)

    def _is_corrected(self, fault: Fault, kind: Kind, original: bytes) -> bool:
        """Whether the firmware has put right what nothing else would have."""
        if fault.region.where not in _KEPT or kind.changed(original, fault.bit % 8) == original:
            return False
        return self._held.debugger.read(fault.address, len(original)) == original

    def _top(self, output: bytes) -> int:
        model = self._model
        value, threshold = value_in(output, model.outputs), model.output.raw_of(model.threshold)
        return Classification(value, 0, threshold=threshold, batch=model.batch).top

    def _start_over(self) -> None:
        """Has the device held at its inference again, also if a fault has ended its emulator."""
        if self._held.gone:
            self._held.start_afresh()
        else:
            self._device.reset()
        self._watch = Watch(self._device)

    def _restore(self) -> None:
        for address, content in self._ram:
            self._held.debugger.write(address, content)

    def _read_ram(self) -> Iterator[tuple[int, bytes]]:
        """All of the RAM that the firmware has, as it is when the call first begins."""
        with self._device.firmware.elf.open("rb") as file:
            sections = list(filter(is_writable, ELFFile(file).iter_sections()))
        for section in sections:
            address, size = int(section["sh_addr"]), int(section["sh_size"])
            yield address, self._held.debugger.read(address, size)

    @cached_property
    def _entries(self) -> list[int | None]:
        return self._device.op_entries()


def _size(fault: Fault, kind: Kind) -> int:
    """Bytes that a fault touches."""
    return min((fault.bit % 8 + kind.bits + 7) // 8, fault.region.size - fault.bit // 8)


def _short(text: str) -> str:
    return " ".join(text.split())[:_SHOWN]
