"""Receiver: what comes over a link, awaited within bounds; and why it may be that no more came."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from tinyml_hil.device.wait import Wait, with_transcript
from tinyml_hil.errors import GoneError, LinkError, SilentError
from tinyml_hil.target import Link

_A_MOMENT = 0.001
"""Seconds; a link that is not awaited at all may not notice that it is broken."""
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


class Receiver:
    """Awaits lines and bytes, each within ``timeout`` seconds; notices when the device is gone.

    One that keeps talking without getting on is left after some time-outs; see ``Wait``.
    """

    def __init__(self, link: Link, timeout: float) -> None:
        """``timeout``: the longest wait for the next line, in seconds of wall time."""
        self.link = link
        self.timeout = timeout
        self._buffer = b""
        self._computing = False
        """Whether what is awaited takes as long as the model does."""
        self._speaks_protocol = self._prints_text = False
        self._begin_to_wait()
        self.lost = False
        """Whether the device faulted or did not answer; whoever resets it says when it is back."""
        self.gone = ""
        """Why there is no device any more: its emulator ended, or its cable was pulled."""

    @property
    def in_its_own_words(self) -> bool:
        """Whether the device has printed text, and nothing as the protocol has it."""
        return self._prints_text and not self._speaks_protocol

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

    def _next_line(self, awaited: str, patience: float) -> bytes:
        """The next line as it came, without its line feed; see ``Console.read_line``."""
        deadline = time.monotonic() + self.timeout + patience
        while b"\n" not in self._buffer:
            self._receive(deadline, awaited)
        raw, self._buffer = self._buffer.split(b"\n", 1)
        return raw

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
            problem = (
                f"the device talks and talks, but its answer does not end: {wait.bytes:,} bytes in "
                f"{wait.seconds:.0f} s, awaiting {awaited}"
            )
            whose = "Does it run this firmware, and does nothing else print on its UART?"
            hint = IN_ITS_OWN_WORDS if self.in_its_own_words else whose
            raise LinkError(self._given_up(problem, hint))
        data = b""
        while not data:
            begun = time.monotonic()
            if begun >= deadline:
                problem = f"no answer within {self.timeout:g} s, awaiting {awaited}"
                raise SilentError(self._given_up(problem, self._why_silent()))
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

    def _given_up(self, problem: str, hint: str) -> str:
        self.lost = True
        return f"{self._describe(problem)}\n{hint}".rstrip()

    def _describe(self, problem: str) -> str:
        return with_transcript(problem, self.link.transcript, self._asked_at)
