"""Console firmware: from reset to its first prompt, and the console that it answers."""

from __future__ import annotations

import re
from collections import Counter

from tinyml_hil.device.answers import read_info
from tinyml_hil.device.console import READY, Console
from tinyml_hil.device.receiver import IN_ITS_OWN_WORDS
from tinyml_hil.device.running import Launch, RunningFirmware
from tinyml_hil.errors import DeviceError, FaultError, LinkError, UsageError
from tinyml_hil.model import op_name
from tinyml_hil.target import Link, ProgrammedTarget

_PROBE_TIMEOUT = 2.0
"""Seconds in which a board has to say which build it runs already."""
_NO_CLOCK = "e-[clock: "
"""Firmware that says so awaits a command, which resets it: no prompt comes."""
_COMMAND = re.compile(r"\s*([a-z]+)")
_CHECKS = "COMMAND#"
"""In the help of firmware that can end each line of a reply with a CRC32."""
_DB_BIN = re.compile(r"\s*db\b.*\bbin\b")


class ConsoleFirmware(RunningFirmware):
    """Firmware that prints a prompt, and answers the commands of a console."""

    def __init__(self, launch: Launch) -> None:
        """Starts nothing yet."""
        super().__init__(launch)
        self._console: Console | None = None
        self.mishaps: Counter[str] = Counter()
        """As ``Console.mishaps``, of all consoles that there were."""
        self.commands: frozenset[str] = frozenset()
        """The commands that the firmware's help lists; ``db bin`` counts as one."""

    def _start(self) -> None:
        link = self.target.start(self.firmware.elf)
        self._console = Console(link, self._timeout, self._explain_fault)
        self._console.mishaps = self.mishaps
        target = self.target
        if not isinstance(target, ProgrammedTarget) or target.boots or self._boots(target, link):
            self._await_boot()
        else:
            self._learn()

    def _boots(self, target: ProgrammedTarget, link: Link) -> bool:
        """Lets the device boot this firmware, programming it only if it runs another.

        One that may not be programmed, and cannot say what it runs, is taken at the user's word:
        then it need not even know how to boot again.
        """
        # Another console, which waits for a short time only: silence is an answer here.
        console = Console(link, _PROBE_TIMEOUT, self._explain_fault)
        commands, build = self._ask(console)
        cannot_say = commands is not None and "info" not in commands
        runs_it = "info" in (commands or ()) and build == self.firmware.build_id
        if runs_it or (cannot_say and not target.may_program):
            if can_reset := "reset" in (commands or ()):
                self.console.restart()
            return can_reset
        try:
            target.program(self.firmware.elf)
        except UsageError as error:
            if target.may_program or not console.in_its_own_words:
                raise
            raise UsageError(f"{error}\n{IN_ITS_OWN_WORDS}") from error
        return True

    def _ask(self, console: Console) -> tuple[frozenset[str] | None, str]:
        """What the device knows, None if it does not answer; and the build that it runs."""
        try:
            console.resynchronise()
            commands = list_commands(console)
            return commands, read_info(console).build_id if "info" in commands else ""
        except (LinkError, DeviceError, ValueError):
            return None, ""

    def _reset_in_place(self) -> bool:
        if "reset" not in self.commands:
            return False
        try:
            self.console.restart()
            self._await_boot()
        except (LinkError, FaultError):
            return False
        return True

    @property
    def gone(self) -> str:
        return self._console.gone if self._console else ""

    @property
    def lost(self) -> bool:
        return self._console is not None and self._console.lost

    @property
    def idle(self) -> bool:
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
            if line.startswith(_NO_CLOCK):
                raise LinkError(f"the board has no clock: {line}; take its power for a moment")
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
        if not console.checks and any(_CHECKS in line for line in lines):
            console.checks = True
            lines = console.request("help")
    except DeviceError:
        return frozenset()
    names = {match[1] for line in lines if (match := _COMMAND.match(line))}
    return frozenset(names | {"db bin" for line in lines if _DB_BIN.match(line)})


def _with_op_name(error: str) -> str:
    """The firmware knows an op that it lacks by its number only; people know names."""
    return re.sub(r"op (\d+)(?= is not in)", lambda match: op_name(int(match[1])), error)
