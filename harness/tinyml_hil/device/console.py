"""Console: the MLPerf Tiny serial protocol spoken over a link (docs/protocol.md)."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterable, Iterator

from tinyml_hil.device.wait import Wait, with_transcript
from tinyml_hil.errors import DeviceError, FaultError, GoneError, LinkError
from tinyml_hil.target import Link

READY = "m-ready"
_A_MOMENT = 0.001
"""Seconds; a link that is not awaited at all may not notice that it is broken."""
_FOR_PROGRAMS = ("m-", "e-[", "e-fault-[")
"""How lines begin that are the protocol's; all others are for people, and may come at any time."""
_BANNER = "tinyml-hil "
"""How our own firmware begins, whose self-test may take long before a line is for programs."""
IN_ITS_OWN_WORDS = (
    "It did answer, but not as docs/protocol.md says. Firmware in its own words has two other "
    "doors, which docs/firmware.md shows: a firmware.toml beside the ELF, whose [printed] finds "
    "results among what it prints, by regular expressions; or --door=debugger, which takes inputs "
    "and outputs from its memory, if the ELF has symbols. If a prompt was still to come: "
    "--reply-timeout with more seconds."
)
_SILENT = (
    "It said nothing at all: is the firmware for this platform? One that is not made to say "
    "anything is tested by --door=debugger (docs/firmware.md)."
)
_LETTERS = re.compile(r"[A-Za-z]{3}")
_COMPUTING = ("infer", "batch", "selftest", "layers", "tensor")
"""Commands whose answer takes as long as the model does."""


def for_programs(lines: Iterable[str]) -> Iterator[str]:
    """Those of the lines that are the protocol's, without what is for people."""
    return (line for line in lines if line.startswith(_FOR_PROGRAMS))


class Console:
    """Sends commands and awaits their replies, each line within ``timeout`` seconds.

    A device that keeps talking without getting on is left after some time-outs; see ``Wait``.
    """

    def __init__(self, link: Link, timeout: float, explain_fault: Callable[[str], str]) -> None:
        """``timeout``: the longest wait for the next line, in seconds of wall time.

        ``explain_fault`` turns a fault report of the firmware into the text for a person.
        """
        self.link = link
        self.timeout = timeout
        self._explain_fault = explain_fault
        self._buffer = b""
        self._replying = False
        self._computing = False
        self._speaks_protocol = self._prints_text = False
        self._begin_to_wait()
        self.lost = False
        """Whether the device faulted or did not answer; whoever resets it says when it is back."""
        self.gone = ""
        """Why there is no device any more: its emulator ended, or its cable was pulled."""

    @property
    def idle(self) -> bool:
        """Whether the device is there and awaits a command."""
        return not self.lost and not self._replying

    @property
    def in_its_own_words(self) -> bool:
        """Whether the device has printed text, and nothing as the protocol has it."""
        return self._prints_text and not self._speaks_protocol

    def request(self, command: str) -> list[str]:
        """Sends ``command`` and returns the lines of its reply, without the final ``m-ready``.

        Raises:
            DeviceError: the device answered ``e-[...]``.
            LinkError: no line came in time, no end of the reply, or the link broke.
        """
        return list(self.stream(command))

    def answer(self, command: str) -> list[str]:
        """Like ``request``, without the lines that are for people."""
        return list(for_programs(self.stream(command)))

    def stream(self, command: str) -> Iterator[str]:
        """Like ``request``, giving each line as it comes."""
        self.send(command)
        yield from self.reply(command)

    def send(self, command: str) -> None:
        """Sends a command without awaiting anything but the end of a reply that nobody read."""
        while self._replying:
            self.read_line("the end of an earlier reply")
        self._replying = True
        self._computing = command.startswith(_COMPUTING)
        self.write(f"{command}%".encode("ascii"))
        self._begin_to_wait()

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

    def write(self, data: bytes) -> None:
        """Sends bytes that are not a command, as ``db bin`` wants them.

        Raises:
            LinkError: the link broke.
        """
        with self.noticing_loss("writing to it"):
            self.link.write(data)

    @contextlib.contextmanager
    def noticing_loss(self, doing: str) -> Iterator[None]:
        """Whoever sees the link break, it is the device that is gone.

        ``doing``: what is done with it meanwhile, for the message.

        Raises:
            GoneError: the link broke.
        """
        try:
            yield
        except LinkError as error:
            self.lost = True
            self.gone = str(error)
            raise GoneError(self._describe(f"{error}, {doing}")) from error

    def listen(self) -> None:
        """Takes what came while nobody listened.

        Raises:
            GoneError: the device went away meanwhile.
        """
        with self.noticing_loss("before it was spoken to"):
            self._buffer += self.link.read(_A_MOMENT)

    def read_line(self, awaited: str, patience: float = 0.0) -> str:
        """The next line, without its end.

        Args:
            awaited: what the line should be part of; a time-out's message names it.
            patience: seconds more than usual in which it may come.

        Raises:
            FaultError: the line is a fault report.
            LinkError: no line came in time, too much came, or the link broke.
        """
        deadline = time.monotonic() + self.timeout + patience
        while b"\n" not in self._buffer:
            self._receive(deadline, awaited)
        raw, self._buffer = self._buffer.split(b"\n", 1)
        # Junk on the line must not stop the parser; the transcript has it as it came.
        line = raw.decode(errors="replace").rstrip("\r")
        self._wait.hear(line)
        self._speaks_protocol |= line.startswith((*_FOR_PROGRAMS, _BANNER))
        self._prints_text |= bool(_LETTERS.search(line)) and "\ufffd" not in line
        if line == READY:
            self._replying = False
        if line.startswith("e-fault-["):
            self._replying = False
            self.lost = True
            raise FaultError(self._explain_fault(line))
        return line

    def read_answer(self, awaited: str) -> str:
        """Like ``read_line``, passing over lines that are for people."""
        while not (line := self.read_line(awaited)).startswith(_FOR_PROGRAMS):
            pass
        return line

    def read_bytes(self, count: int, awaited: str) -> bytes:
        """The next ``count`` bytes, which are not lines: the device announced them in one.

        Args:
            count: how many.
            awaited: what they are; a time-out's message names it.

        Raises:
            LinkError: they did not come in time, or the link broke.
        """
        while (missing := count - len(self._buffer)) > 0:
            self._receive(time.monotonic() + self.timeout, f"{missing} bytes of {awaited}")
            self._wait.get_on()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def _receive(self, deadline: float, awaited: str) -> None:
        """Takes what the link has, at least a byte."""
        wait = self._wait
        if wait.is_over:
            raise self._given_up(
                f"the device talks and talks, but its answer does not end: {wait.bytes:,} bytes in "
                f"{wait.seconds:.0f} s, awaiting {awaited}",
                IN_ITS_OWN_WORDS
                if self.in_its_own_words
                else "Does it run this firmware, and does nothing else print on its UART?",
            )
        data = b""
        while not data:
            begun = time.monotonic()
            if begun >= deadline:
                raise self._given_up(
                    f"no answer within {self.timeout:g} s, awaiting {awaited}", self._why_silent()
                )
            with self.noticing_loss(f"awaiting {awaited}"):
                data = self.link.read(deadline - begun)
            wait.take(time.monotonic() - begun, len(data))
        self._buffer += data

    def _begin_to_wait(self) -> None:
        self._wait = Wait(self.timeout)
        self._asked_at = self.link.transcript.mark()

    def _why_silent(self) -> str:
        """Why nothing more comes; that it computes is one of the reasons only where it may."""
        if self.in_its_own_words:
            return f"{IN_ITS_OWN_WORDS}\n{self._of_link()}"
        if self._wait.got_on or (self._computing and not self._wait.bytes):
            return f"Is the model slow? Try --reply-timeout with more seconds.\n{self._of_link()}"
        if self._wait.bytes:
            return (
                "It did answer, but not as docs/protocol.md says: does it run this firmware, and "
                f"is its self-test fast enough for --reply-timeout?\n{self._of_link()}"
            )
        if self._speaks_protocol:
            return f"It has answered before: has it hung?\n{self._of_link()}"
        return self._of_link() or _SILENT

    def _of_link(self) -> str:
        return self.link.why_silent().strip()

    def _given_up(self, problem: str, hint: str) -> LinkError:
        self.lost = True
        return LinkError(f"{self._describe(problem)}\n{hint}".rstrip())

    def resynchronise(self) -> None:
        """Ends whatever half-sent command there is and drops what was not read yet.

        Raises:
            LinkError: the device does not answer.
        """
        self._buffer = b""
        self._replying = self._computing = False
        self.write(b"%name%")
        self._begin_to_wait()
        while not self.read_line("the reply to 'name%'").startswith("m-name-"):
            pass
        while self.read_line("the end of the reply to 'name%'") != READY:
            pass

    def _describe(self, problem: str) -> str:
        return with_transcript(problem, self.link.transcript, self._asked_at)
