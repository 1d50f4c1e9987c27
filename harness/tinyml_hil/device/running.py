"""Running firmware: an ELF on a target, from start to end; started again, once, if it goes away."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, Self

from tinyml_hil.build import Firmware
from tinyml_hil.errors import GoneError, HilError, LinkError
from tinyml_hil.target import ProgrammedTarget, Target, Transcript
from tinyml_hil.words import first_line


@dataclass(frozen=True)
class Launch:
    """What is run, and how it is watched; the same for every door."""

    target: Target
    """Not started yet."""
    firmware: Firmware
    transcript: Transcript
    """Records what goes over the link."""
    timeout: float
    """Seconds of wall time to wait for a line, or for what else is awaited."""
    on_boot_line: Callable[[str], None] = lambda line: None
    """Is told each line that the firmware prints at a boot, as it comes."""


class RunningFirmware(ABC):
    """Firmware that runs on a target; a subclass a way to be in touch with it.

    Use as a context manager: the target is stopped, and nothing left behind, whatever happens.
    """

    def __init__(self, launch: Launch) -> None:
        """Starts nothing yet."""
        self.target = launch.target
        self.firmware = launch.firmware
        self.transcript = launch.transcript
        self._timeout = launch.timeout
        self._on_boot_line = launch.on_boot_line
        self.boot_lines: list[str] = []
        """What the firmware printed from reset until it was ready."""
        self.revivals: list[str] = []
        """Why the device went away each time that it was started again: once at most."""
        self.given_up = ""
        """Why it is not there and is not started again."""

    @abstractmethod
    def _start(self) -> None:
        """Starts the target afresh, and gets in touch with the firmware.

        Raises:
            LinkError: it did not get ready.
            UsageError: the firmware refused its model, or another firmware answers.
        """

    @abstractmethod
    def _reset_in_place(self) -> bool:
        """Resets the device without starting the target afresh, and says whether that was it."""

    @property
    @abstractmethod
    def gone(self) -> str:
        """Why there is no device any more: its emulator ended, or its cable was pulled."""

    @property
    @abstractmethod
    def lost(self) -> bool:
        """Whether the device faulted or fell silent, and has not been reset since."""

    @property
    @abstractmethod
    def idle(self) -> bool:
        """Whether the device is ready for an input."""

    def __enter__(self) -> Self:
        try:
            self._start_on_a_link_that_may_fail()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop()

    def _start_on_a_link_that_may_fail(self) -> None:
        """A board's cable or probe fails now and then, an emulator is killed: one more try.

        A wrong answer gets none; nor does an emulator that ended before the firmware said anything.
        """
        try:
            self._start()
        except LinkError as error:
            gone = self.gone
            if gone and not self.boot_lines and not isinstance(self.target, ProgrammedTarget):
                raise LinkError(self._never_began(gone)) from error
            if not (gone or isinstance(self.target, ProgrammedTarget)):
                raise
            self.transcript.note(f"starting once more after: {first_line(error)}")
            self.target.stop()
            self._start()
            self.revivals += [first_line(gone)] if gone else []

    def _never_began(self, gone: str) -> str:
        return (
            f"{self.firmware.elf} has not begun to run: {gone.rstrip('.?')}. It is loaded to "
            f"{self.firmware.places}: is it for another board than this platform?"
        )

    def _stop(self) -> None:
        """Ends the target; the transcript is complete then."""
        self.target.stop()
        self.transcript.close()

    def reset(self) -> None:
        """Resets the device and awaits the boot; one that is deaf is started afresh.

        So is one that cannot be reset; and, but once only, one that went away.

        Raises:
            GoneError: it went away again, or cannot be started; nothing is tried from then on.
        """
        if self.given_up:
            raise GoneError(self.given_up)
        if self.gone or not self._reset_in_place():
            self._start_again(self.gone)

    def start_afresh(self) -> None:
        """Starts the target once more, however often: who asks for it knows why it ended."""
        self.target.stop()
        self._start()

    def _start_again(self, gone: str) -> None:
        """``gone``: why the device went away, if it did."""
        if gone and self.revivals:
            self._give_up(f"the device went away again: {gone}\nBefore, it was: {self.revivals[0]}")
        self.transcript.note(f"starting again after: {first_line(gone) or 'no answer'}")
        self.target.stop()
        try:
            self._start()
        except HilError as error:
            self._give_up(f"the device cannot be started again: {error}\nBefore, it was: {gone}")
        if gone:
            self.revivals.append(first_line(gone))

    def _give_up(self, why: str) -> NoReturn:
        self.given_up = why
        raise GoneError(why)
