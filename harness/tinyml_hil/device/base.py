"""Device: what a test talks to, the same for every door that a firmware has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tinyml_hil.build import Firmware
from tinyml_hil.device.answers import Classification, DeviceInfo, DeviceMemory, Layer
from tinyml_hil.device.console import Console
from tinyml_hil.device.running import RunningFirmware
from tinyml_hil.errors import MissingCommandError, UsageError
from tinyml_hil.target import Transcript

PASSED = "~~~ALL TESTS PASSED~~~"
FAILED = "~~~SOME TESTS FAILED~~~"


class Device(ABC):
    """Firmware that runs on a target, as one of its doors shows it.

    What only some doors have raises ``MissingCommandError`` behind the others. ``open_device``
    starts one, and leaves nothing behind.
    """

    def __init__(self, running: RunningFirmware, wanted_lane: str) -> None:
        """``running``: has booted. ``wanted_lane``: one of ``choices.LANES``."""
        self._running = running
        self._wanted_lane = wanted_lane

    @property
    def firmware(self) -> Firmware:
        """What runs."""
        return self._running.firmware

    @property
    def transcript(self) -> Transcript:
        """All that went over the link."""
        return self._running.transcript

    @property
    def console(self) -> Console:
        """The console, to speak the protocol directly.

        Raises:
            MissingCommandError: the firmware has none.
        """
        raise self._lacking("help")

    @property
    def boot_lines(self) -> list[str]:
        """What the firmware printed from reset until it was ready."""
        return self._running.boot_lines

    @property
    def commands(self) -> frozenset[str]:
        """What can be asked of it, by the protocol's commands; ``db bin`` counts as one."""
        return frozenset()

    def require(self, *commands: str) -> None:
        """Does nothing if the firmware has all these commands.

        Raises:
            MissingCommandError: it lacks one, which the message names.
        """
        for command in commands:
            if command not in self.commands:
                raise self._lacking(command)

    @property
    def once_a_boot(self) -> str:
        """Why it infers an input once a boot only; empty if it does each time that it is given."""
        return ""

    def require_repeats(self) -> None:
        """Does nothing if the device infers an input each time that it is given.

        Raises:
            MissingCommandError: it infers each once a boot.
        """
        if self.once_a_boot:
            raise MissingCommandError(self.once_a_boot)

    @property
    def lost(self) -> bool:
        """Whether the device faulted or fell silent, and has not been reset since."""
        return self._running.lost

    @property
    def idle(self) -> bool:
        """Whether it is ready for an input: it is not lost, nor in the middle of a reply."""
        return self._running.idle

    @property
    def revivals(self) -> list[str]:
        """Why the device went away each time that it was started again: once at most."""
        return self._running.revivals

    @property
    def mishaps(self) -> dict[str, int]:
        """What went wrong on the link, as a record has it: ``damaged``, ``silent``, ``restarted``.

        Empty if nothing did.
        """
        return {"restarted": len(self.revivals)} if self.revivals else {}

    @property
    def given_up(self) -> str:
        """Why the device is not there and is not started again; empty as long as it may be."""
        return self._running.given_up

    def reset(self) -> None:
        """Resets the device and awaits the boot; one that is deaf is started afresh.

        Raises:
            GoneError: it went away for the second time, or cannot be started.
        """
        self._running.reset()

    def bring_back(self) -> None:
        """Makes the device fit for somebody else: resets it if it was lost, or went away meanwhile.

        What was known of it is asked for again.

        Raises:
            GoneError: as ``reset``.
        """
        if self.lost:
            self.reset()

    @property
    @abstractmethod
    def lanes(self) -> tuple[str, ...]:
        """The lanes that there are, the fastest first."""

    @property
    def lane(self) -> str:
        """How inputs reach the device, if a call does not say: ``memory`` or ``uart``."""
        return self.lanes[0] if self._wanted_lane == "auto" else self._wanted_lane

    def require_lane(self, lane: str | None) -> str:
        """The lane of a call: ``memory`` or ``uart``; None for the device's own.

        Raises:
            UsageError: there is no such lane.
        """
        chosen = lane or self.lane
        if chosen not in self.lanes:
            there_is = " or ".join(f"--lane={name}" for name in self.lanes)
            raise UsageError(f"there is no {chosen} lane here; use {there_is}")
        return chosen

    @property
    @abstractmethod
    def ticks_unit(self) -> str:
        """What ticks are: ``instructions``, ``cycles`` or ``microseconds``; empty without any."""

    @property
    def ticks_repeat(self) -> bool:
        """Whether the same input takes the same instructions whenever it is run."""
        return self.ticks_unit == "instructions"

    @property
    def boot_ticks(self) -> int:
        """From reset to the first prompt, self-test included, exact to a microsecond.

        0 if the firmware does not say what it counts.
        """
        return 0

    @property
    def claimed_model(self) -> str:
        """What the firmware calls its model; empty if ``info`` says more, or it does not say."""
        return ""

    def classify(self, tensor: NDArray[Any], lane: str | None = None) -> Classification:
        """Classifies one raw input tensor; see ``classify_many``."""
        (result,) = self.classify_many([tensor], lane)
        return result

    def classify_many(
        self, tensors: Iterable[NDArray[Any]], lane: str | None = None
    ) -> Iterator[Classification]:
        """Classifies raw input tensors, in order, giving each result as it comes.

        Args:
            tensors: of the dtype and shape of the model's input.
            lane: ``memory`` or ``uart``; None for the device's own.

        Raises:
            UsageError: a tensor is of another type or size than the input, or the memory lane is
                asked for, and there is none.
            DeviceError: the device refused an input.
            LinkError: the device does not answer.
        """
        self.require_lane(lane)
        return map(self._classify, tensors)

    @abstractmethod
    def _classify(self, tensor: NDArray[Any]) -> Classification:
        """Classifies one raw input tensor, by the only lane or the UART; as ``classify_many``."""

    @property
    def info(self) -> DeviceInfo:
        """What the firmware says of itself; asked once a boot."""
        raise self._lacking("info")

    def memory(self) -> DeviceMemory:
        """Arena and stack, as used up to now."""
        raise self._lacking("memory")

    def selftest(self) -> list[str]:
        """The lines of the self-test, the verdict last."""
        raise self._lacking("selftest")

    def load(self, content: bytes) -> None:
        """Loads one raw input.

        Raises:
            DeviceError: the device refused it.
        """
        raise self._lacking("db bin")

    def last_output(self) -> Classification:
        """Output and duration of the last inference."""
        raise self._lacking("output")

    def layers(self) -> list[Layer]:
        """Runs the input that is loaded (see ``load``), and tells what each op made of it.

        Raises:
            DeviceError: no input is loaded.
        """
        raise self._lacking("layers")

    def tensor(self, index: int) -> bytes:
        """Runs the input that is loaded, and returns the output of op ``index``, raw.

        Raises:
            DeviceError: no input is loaded, there is no such op, or bytes were damaged on the way.
        """
        raise self._lacking("tensor")

    def load_model(self, path: Path, lane: str | None = None) -> None:
        """Runs another model in place of the built-in one, until the next reset.

        Args:
            path: a .tflite file. It may be anything: the device verifies it.
            lane: ``memory`` or ``uart``; None for the device's own.

        Raises:
            UsageError: the file cannot be read or is too large, there is no such lane, or the
                firmware was built to run its own model only.
            DeviceError: the device refused the model, and runs the built-in one.
        """
        raise self._lacking("model")

    def builtin_model(self) -> None:
        """Runs the model again that the firmware was built with.

        Raises:
            UsageError: the firmware was built to run its own model only.
        """
        raise self._lacking("model")

    def _lacking(self, command: str) -> MissingCommandError:
        return MissingCommandError(f"this firmware lacks the command '{command}'")
