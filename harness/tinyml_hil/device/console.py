"""Console: the MLPerf Tiny serial protocol spoken over a link (docs/protocol.md)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from tinyml_hil.errors import DeviceError, FaultError, LinkError
from tinyml_hil.target import Link

READY = "m-ready"
_SHOWN_LINES = 12


class Console:
    """Sends commands and awaits their replies, each line within ``timeout`` seconds."""

    def __init__(self, link: Link, timeout: float, explain_fault: Callable[[str], str]) -> None:
        """``timeout``: the longest wait for the next line, in seconds of wall time.

        ``explain_fault`` turns a fault report of the firmware into the text for a person.
        """
        self.link = link
        self.timeout = timeout
        self._explain_fault = explain_fault
        self._buffer = b""
        self._replying = False
        self.lost = False
        """Whether the device faulted or did not answer; whoever resets it says when it is back."""

    @property
    def idle(self) -> bool:
        """Whether the device is there and awaits a command."""
        return not self.lost and not self._replying

    def request(self, command: str) -> list[str]:
        """Sends ``command`` and returns the lines of its reply, without the final ``m-ready``.

        Raises:
            DeviceError: the device answered ``e-[...]``.
            LinkError: no line came in time, or the link broke.
        """
        return list(self.stream(command))

    def stream(self, command: str) -> Iterator[str]:
        """Like ``request``, giving each line as it comes."""
        self.send(command)
        yield from self.reply(command)

    def send(self, command: str) -> None:
        """Sends a command without awaiting anything but the end of a reply that nobody read."""
        while self._replying:
            self.read_line("the end of an earlier reply")
        self._replying = True
        self.link.write(f"{command}%".encode("ascii"))

    def reply(self, command: str, patience: float = 0.0) -> Iterator[str]:
        """The lines of the reply to ``command``, up to ``m-ready``.

        ``patience``: seconds more than usual in which each line may come.

        An error line is raised when the reply is complete, so that the next one starts clean.
        """
        error: str | None = None
        while (line := self.read_line(f"the reply to '{command}%'", patience)) != READY:
            if line.startswith("e-["):
                error = error or line
            else:
                yield line
        if error:
            raise DeviceError(f"the device answered '{command}%' with {error}")

    def write(self, data: bytes) -> None:
        """Sends bytes that are not a command, as ``db bin`` wants them."""
        self.link.write(data)

    def read_line(self, awaited: str, patience: float = 0.0) -> str:
        """The next line, without its end.

        Args:
            awaited: what the line should be part of; a time-out's message names it.
            patience: seconds more than usual in which it may come.

        Raises:
            FaultError: the line is a fault report.
            LinkError: no line came in time, or the link broke.
        """
        deadline = time.monotonic() + self.timeout + patience
        while b"\n" not in self._buffer:
            self._receive(deadline, awaited)
        raw, self._buffer = self._buffer.split(b"\n", 1)
        # Junk on the line must not stop the parser; the transcript has it as it came.
        line = raw.decode(errors="replace").rstrip("\r")
        if line == READY:
            self._replying = False
        if line.startswith("e-fault-["):
            self._replying = False
            self.lost = True
            raise FaultError(self._explain_fault(line))
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
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def _receive(self, deadline: float, awaited: str) -> None:
        """Takes what the link has, at least a byte."""
        data = b""
        while not data:
            left = deadline - time.monotonic()
            if left <= 0:
                self.lost = True
                problem = f"no answer within {self.timeout:g} s, awaiting {awaited}"
                raise LinkError(f"{self._describe(problem)}\n{self.link.why_silent()}")
            try:
                data = self.link.read(left)
            except LinkError as error:
                self.lost = True
                raise LinkError(self._describe(f"{error}, awaiting {awaited}")) from error
        self._buffer += data

    def resynchronise(self) -> None:
        """Ends whatever half-sent command there is and drops what was not read yet.

        Raises:
            LinkError: the device does not answer.
        """
        self._buffer = b""
        self._replying = False
        self.link.write(b"%")
        self.link.write(b"name%")
        while not self.read_line("the reply to 'name%'").startswith("m-name-"):
            pass
        while self.read_line("the end of the reply to 'name%'") != READY:
            pass

    def _describe(self, problem: str) -> str:
        transcript = self.link.transcript
        return (
            f"{problem}.\nThe last lines:\n{transcript.last(_SHOWN_LINES)}\n"
            f"All of it: {transcript.path}"
        )
