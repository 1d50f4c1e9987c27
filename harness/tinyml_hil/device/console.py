"""Console: the MLPerf Tiny serial protocol spoken over a link (docs/protocol.md)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tinyml_hil.device.receiver import Receiver
from tinyml_hil.device.repair import Tries
from tinyml_hil.device.reply_check import ReplyCheck, looks_checked
from tinyml_hil.errors import (
    DamagedError,
    DeviceError,
    FaultError,
    SilentError,
)
from tinyml_hil.target import Link
from tinyml_hil.words import first_line

T = TypeVar("T")
READY = "m-ready"
_FOR_PROGRAMS = ("m-", "e-[", "e-fault-[")
"""How lines begin that are the protocol's; all others are for people, and may come at any time."""
_BYTES_FOR_PROGRAMS = tuple(start.encode() for start in _FOR_PROGRAMS)
_FAULT = b"e-fault-["
"""After it nothing can be asked for again."""
_BANNER = "tinyml-hil "
"""How our own firmware begins, whose self-test may take long before a line is for programs."""
_LETTERS = re.compile(r"[A-Za-z]{3}")
_LONGEST_CHECKED = 79
"""Characters; a command has 80 at most, and the ``#`` is one of them."""
_COMPUTING = ("infer", "batch", "selftest", "layers", "tensor")
"""Commands whose answer takes as long as the model does."""


def for_programs(lines: Iterable[str]) -> Iterator[str]:
    """Those of the lines that are the protocol's, without what is for people."""
    return (line for line in lines if line.startswith(_FOR_PROGRAMS))


class Console(Receiver):
    """Sends commands and awaits their replies, each line within ``timeout`` seconds.

    A device that keeps talking without getting on is left after some time-outs; see ``Wait``.
    """

    def __init__(self, link: Link, timeout: float, explain_fault: Callable[[str], str]) -> None:
        """``timeout``: the longest wait for the next line, in seconds of wall time.

        ``explain_fault`` turns a fault report of the firmware into the text for a person.
        """
        super().__init__(link, timeout)
        self._explain_fault = explain_fault
        self._replying = False
        self._check: ReplyCheck | None = None
        self.checks = False
        """Whether the device can end each line with a CRC32; whoever asks it for help knows."""
        self.mishaps: Counter[str] = Counter()
        """How often the link has damaged something, and how often no answer came."""

    @property
    def idle(self) -> bool:
        """Whether the device is there and awaits a command."""
        return not self.lost and not self._replying

    def request(self, command: str) -> list[str]:
        """Sends ``command`` and returns the lines of its reply, without the final ``m-ready``.

        A device that checks is asked again if the link damaged the command or the reply.

        Raises:
            DeviceError: the device answered ``e-[...]``.
            LinkError: no line came in time, no end of the reply, or the link broke.
        """
        return self.repaired(lambda: list(self.stream(command)))

    def answer(self, command: str) -> list[str]:
        """Like ``request``, without the lines that are for people."""
        return list(for_programs(self.request(command)))

    def stream(self, command: str) -> Iterator[str]:
        """Like ``request``, once only, giving each line as it comes."""
        self.send(command)
        yield from self.reply(command)

    def send(self, command: str) -> None:
        """Sends a command without awaiting anything but the end of a reply that nobody read."""
        self._finish_reply()
        is_checked = self.checks and 0 < len(command) <= _LONGEST_CHECKED
        self._check = ReplyCheck(command) if is_checked else None
        self._replying = True
        self._computing = command.startswith(_COMPUTING)
        self.write(f"{command}{'#' * is_checked}%".encode("ascii"))
        self._begin_to_wait()

    def restart(self) -> None:
        """Lets the device reset itself; what it prints then is no reply."""
        self._finish_reply()
        self._check = None
        self.write(b"reset%")
        self._begin_to_wait()

    def _finish_reply(self) -> None:
        while self._replying:
            self.read_line("the end of an earlier reply")

    def repaired(self, attempt: Callable[[], T]) -> T:
        """What ``attempt`` gives, which is made again if the link damaged what went over it.

        So it is, once, if no answer came: the command's end may have been lost.

        Raises:
            LinkError: it was damaged each time.
        """
        tries = Tries()
        while True:
            try:
                return attempt()
            except (DamagedError, SilentError) as error:
                self.repair(error, tries)

    def repair(self, error: DamagedError | SilentError, tries: Tries) -> None:
        """Gets back in touch with the device after something went wrong on the link.

        Raises:
            LinkError: it is not worth another try, or the device does not answer.
        """
        self.mishaps["silent" if isinstance(error, SilentError) else "damaged"] += 1
        if isinstance(error, SilentError) and not self.checks:
            raise error
        tries.take(error)
        self.link.transcript.note(f"asking again after: {first_line(error)}")
        self._get_back_in_touch(error)

    def _get_back_in_touch(self, error: DamagedError | SilentError) -> None:
        # One more silence after a first is enough; else what was asked may get lost, too.
        for left in reversed(range(1 if isinstance(error, SilentError) else 3)):
            try:
                self.resynchronise()
            except SilentError:
                if not left:
                    raise error from None
            else:
                return

    def reply(self, command: str, patience: float = 0.0) -> Iterator[str]:
        """The lines of the reply to ``command``, up to ``m-ready``.

        ``patience``: seconds more than usual in which each line may come.

        An error line is raised when the reply is complete, so that the next one starts clean.
        """
        error: str | None = None
        self._wait.allow(patience)
        while (line := self.read_line(f"the reply to '{command}%'", patience)) != READY:
            if line.startswith("e-["):
                error = error or line
            else:
                yield line
        if error:
            raise DeviceError(f"the device answered '{command}%' with {error}")

    def read_line(self, awaited: str, patience: float = 0.0) -> str:
        """The next line, without its end.

        Args:
            awaited: what the line should be part of; a time-out's message names it.
            patience: seconds more than usual in which it may come.

        Raises:
            FaultError: the line is a fault report.
            LinkError: no line came in time, too much came, or the link broke.
        """
        raw = self._next_line(awaited, patience)
        # Junk on the line must not stop the parser; the transcript has it as it came.
        line = self._as_sent(raw.rstrip(b"\r"), awaited).decode(errors="replace")
        self._wait.hear(line)
        self._speaks_protocol |= line.startswith((*_FOR_PROGRAMS, _BANNER))
        self._prints_text |= bool(_LETTERS.search(line)) and "\ufffd" not in line
        if line == READY:
            self._replying = False
            self._check = None
        if line.startswith("e-fault-["):
            self._replying = False
            self.lost = True
            raise FaultError(self._explain_fault(line))
        return line

    def _as_sent(self, raw: bytes, awaited: str) -> bytes:
        """A line without its CRC32, if it has to have one."""
        if self._check is None or (line := self._check.take(raw)) is None:
            is_of_reply = raw.startswith(_BYTES_FOR_PROGRAMS) or looks_checked(raw)
            if self._check and is_of_reply and not raw.startswith(_FAULT):
                raise DamagedError(
                    self._describe(f"bytes were damaged or lost, awaiting {awaited}")
                )
            return raw
        return line

    def read_answer(self, awaited: str) -> str:
        """Like ``read_line``, passing over lines that are for people."""
        while not (line := self.read_line(awaited)).startswith(_FOR_PROGRAMS):
            pass
        return line

    def resynchronise(self) -> None:
        """Ends whatever half-sent command there is and drops what was not read yet.

        Raises:
            LinkError: the device does not answer.
        """
        self._buffer = b""
        self._replying = self._computing = False
        self._check = None
        self.write(b"%name%")
        self._begin_to_wait()
        while not self.read_line("the reply to 'name%'").startswith("m-name-"):
            pass
        while self.read_line("the end of the reply to 'name%'") != READY:
            pass
        self.lost = False
