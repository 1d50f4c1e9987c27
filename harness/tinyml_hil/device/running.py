"""Running firmware: an ELF on a target, from start to end, and the console that it answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn

from tinyml_hil.build import Firmware
from tinyml_hil.device.answers import read_info
from tinyml_hil.device.console import READY, Console
from tinyml_hil.errors import (
    DeviceError,
    FaultError,
    GoneError,
    HilError,
    LinkError,
    UsageError,
)
from tinyml_hil.model import op_name
from tinyml_hil.target import Link, ProgrammedTarget, Target, Transcript

_PROBE_TIMEOUT = 2.0
"""Seconds in which a board has to say which build it runs already."""
_COMMAND = re.compile(r"\s*([a-z]+)")
_DB_BIN = re.compile(r"\s*db\b.*\bbin\b")


class RunningFirmware:
    """Firmware that runs on a target and answers a console.

    Use as a context manager: the target is stopped, and nothing left behind, whatever happens.
    """

    def __init__(
        self,
        target: Target,
        firmware: Firmware,
        transcript: Transcript,
        timeout: float,
        on_boot_line: Callable[[str], None],
    ) -> None:
        """``timeout``: seconds to wait for a line. ``on_boot_line``: is told each as it comes."""
        self.target = target
        self.firmware = firmware
        self.transcript = transcript
        self._timeout = timeout
        self._on_boot_line = on_boot_line
        self._console: Console | None = None
        self.commands: frozenset[str] = frozenset()
        """The commands that the firmware's help lists; ``db bin`` counts as one."""
        self.boot_lines: list[str] = []
        """What the firmware printed from reset to its first prompt."""
        self.revivals: list[str] = []
        """Why the device went away each time that it was started again: once at most."""
        self.given_up = ""
        """Why it is not there and is not started again."""

    def __enter__(self) -> RunningFirmware:
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
            gone = self._console.gone if self._console else ""
            if gone and not self.boot_lines and not isinstance(self.target, ProgrammedTarget):
                raise LinkError(self._never_began(gone)) from error
            if not (gone or isinstance(self.target, ProgrammedTarget)):
                raise
            self.transcript.note(f"starting once more after: {_first_line(error)}")
            self.target.stop()
            self._start()
            self.revivals += [_first_line(gone)] if gone else []

    def _never_began(self, gone: str) -> str:
        return (
            f"{self.firmware.elf} has not begun to run: {gone.rstrip('.?')}. It is loaded to "
            f"{self.firmware.places}: is it for another board than this platform?"
        )

    def _start(self) -> None:
        """Starts the target afresh, awaits the boot, and checks that it runs this firmware.

        Raises:
            LinkError: no prompt came.
            UsageError: the firmware refused its model, or another firmware answers.
        """
        link = self.target.start(self.firmware.elf)
        self._console = Console(link, self._timeout, self._explain_fault)
        if not isinstance(self.target, ProgrammedTarget) or self._boots(self.target, link):
            self._await_boot()
        else:
            self._learn()

    def _boots(self, target: ProgrammedTarget, link: Link) -> bool:
        """Lets the device boot this firmware, programming it only if it runs another.

        One that may not be programmed, and cannot say what it runs, is taken at the user's word:
        then it need not even know how to boot again.
        """
        commands, build = self._ask(link)
        cannot_say = commands is not None and "info" not in commands
        runs_it = "info" in (commands or ()) and build == self.firmware.build_id
        if runs_it or (cannot_say and not target.may_program):
            if can_reset := "reset" in (commands or ()):
                self.console.send("reset")
            return can_reset
        target.program(self.firmware.elf)
        return True

    def _ask(self, link: Link) -> tuple[frozenset[str] | None, str]:
        """What the device knows, None if it does not answer; and the build that it runs."""
        # Another console, which waits for a short time only: silence is an answer here.
        console = Console(link, _PROBE_TIMEOUT, self._explain_fault)
        try:
            console.resynchronise()
            commands = list_commands(console)
            return commands, read_info(console).build_id if "info" in commands else ""
        except (LinkError, DeviceError, ValueError):
            return None, ""

    def _stop(self) -> None:
        """Ends the target; the transcript is complete then."""
        self.target.stop()
        self.transcript.close()

    def reset(self) -> None:
        """Resets the device by command and awaits the boot; one that is deaf is started afresh.

        So is one that has no such command; and, but once only, one that went away.

        Raises:
            GoneError: it went away again, or cannot be started; nothing is tried from then on.
        """
        if self.given_up:
            raise GoneError(self.given_up)
        if "reset" in self.commands and not self.console.gone:
            try:
                self.console.send("reset")
                self._await_boot()
            except (LinkError, FaultError):
                pass
            else:
                return
        self._start_again(self.console.gone)

    def _start_again(self, gone: str) -> None:
        """``gone``: why the device went away, if it did."""
        if gone and self.revivals:
            self._give_up(f"the device went away again: {gone}\nBefore, it was: {self.revivals[0]}")
        self.transcript.note(f"starting again after: {_first_line(gone) or 'no answer'}")
        self.target.stop()
        try:
            self._start()
        except HilError as error:
            self._give_up(f"the device cannot be started again: {error}\nBefore, it was: {gone}")
        if gone:
            self.revivals.append(_first_line(gone))

    def _give_up(self, why: str) -> NoReturn:
        self.given_up = why
        raise GoneError(why)

    @property
    def lost(self) -> bool:
        """Whether the device faulted or fell silent, and has not been reset since."""
        return self._console is not None and self._console.lost

    @property
    def idle(self) -> bool:
        """Whether the device awaits a command: it is not lost, nor in the middle of a reply."""
        return self._console is not None and self._console.idle

    @property
    def console(self) -> Console:
        """The console.

        Raises:
            LinkError: the device has not been started.
        """
        if self._console is None:
            raise LinkError("the device has not been started")
        return self._console

    def _await_boot(self) -> None:
        self.boot_lines = []
        self.console.lost = False
        error = ""
        while (line := self.console.read_line("the boot output")) != READY:
            self.boot_lines.append(line)
            self._on_boot_line(line)
            if line.startswith("e-["):
                error = line
        if error:
            raise UsageError(f"the firmware cannot run its model: {_with_op_name(error)}")
        self._learn()

    def _learn(self) -> None:
        """Asks the device what it can do, and whether it runs this firmware."""
        self.commands = list_commands(self.console)
        if "info" in self.commands:
            self._check_build()

    def _check_build(self) -> None:
        found = read_info(self.console).build_id
        if found != self.firmware.build_id:
            raise UsageError(
                f"the device runs build {found}, but {self.firmware.elf} is build "
                f"{self.firmware.build_id}: it was not programmed, or another firmware answers"
            )

    def _explain_fault(self, line: str) -> str:
        """Names the function, file and line of a fault report's code addresses."""
        found = re.findall(r"\b(pc|lr)=(0x[0-9a-fA-F]+)", line)
        places = [f"{name} {self.firmware.locate(int(value, 16))}" for name, value in found]
        return "\n  ".join([f"the firmware faulted: {line}", *places])


def list_commands(console: Console) -> frozenset[str]:
    """The commands that a firmware's help lists; ``db bin`` counts as one. None if it has no help.

    Raises:
        LinkError: the device does not answer.
    """
    try:
        lines = console.request("help")
    except DeviceError:
        return frozenset()
    names = {match[1] for line in lines if (match := _COMMAND.match(line))}
    return frozenset(names | {"db bin" for line in lines if _DB_BIN.match(line)})


def _with_op_name(error: str) -> str:
    """The firmware knows an op that it lacks by its number only; people know names."""
    return re.sub(r"op (\d+)(?= is not in)", lambda match: op_name(int(match[1])), error)


def _first_line(said: object) -> str:
    return str(said).partition("\n")[0]
