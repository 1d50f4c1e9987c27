"""Listener: the lines of firmware in its own words, each awaited for a bounded time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tinyml_hil.device.wait import Wait, with_transcript
from tinyml_hil.errors import GoneError, LinkError
from tinyml_hil.target import Link

_LONGEST_PROMPT = 4096
"""Bytes of a line that has not ended in which a prompt is looked for."""
_A_MOMENT = 0.001
"""Seconds."""


class SilenceError(LinkError):
    """Nothing came for as long as was to be waited."""


class Listener:
    """Reads lines from a link; one that talks without getting on is left, see ``Wait``."""

    def __init__(self, link: Link, timeout: float) -> None:
        """``timeout``: the longest wait for the next line, in seconds of wall time."""
        self._link = link
        self._timeout = timeout
        self._buffer = b""
        self.gone = ""
        """Why there is no device any more: its emulator ended, or its cable was pulled."""
        self.begin()

    def begin(self) -> None:
        """From now on it is awaited anew."""
        self._wait = Wait(self._timeout)
        self._mark = self._link.transcript.mark()

    def get_on(self) -> None:
        """What came is what was awaited, and more of it is to come."""
        self._wait.get_on()

    def send(self, data: bytes) -> None:
        """Sends bytes, and drops what was not read before: it is no answer to them.

        Raises:
            GoneError: the link broke.
        """
        with self._noticing_loss("before it was sent an input"):
            self._link.read(_A_MOMENT)
        self._buffer = b""
        self.begin()
        with self._noticing_loss("sending it an input"):
            self._link.write(data)

    def listen(self) -> None:
        """Takes what came while nobody listened.

        Raises:
            GoneError: the device went away meanwhile.
        """
        with self._noticing_loss("before it was spoken to"):
            self._buffer += self._link.read(_A_MOMENT)

    def line(self, awaited: str, prompt: re.Pattern[str] | None = None) -> str:
        """The next line, without its end; one that has not ended, if it has a prompt.

        Args:
            awaited: what the line should be part of; a message names it.
            prompt: what need not be followed by the end of a line.

        Raises:
            SilenceError: nothing more came in time.
            LinkError: too much came, or the link broke.
        """
        deadline = time.monotonic() + self._timeout
        while b"\n" not in self._buffer:
            if prompt and prompt.search(_text(self._buffer[-_LONGEST_PROMPT:])):
                raw, self._buffer = self._buffer, b""
                return _text(raw)
            self._receive(deadline, awaited)
        raw, self._buffer = self._buffer.split(b"\n", 1)
        return _text(raw)

    def _receive(self, deadline: float, awaited: str) -> None:
        wait = self._wait
        if wait.is_over:
            raise LinkError(
                self.describe(
                    f"the firmware talks and talks: {wait.bytes:,} bytes in {wait.seconds:.0f} s, "
                    f"awaiting {awaited}"
                )
            )
        data = b""
        while not data:
            begun = time.monotonic()
            if begun >= deadline:
                raise SilenceError(
                    self.describe(
                        f"nothing more came within {self._timeout:g} s, awaiting {awaited}"
                    )
                )
            with self._noticing_loss(f"awaiting {awaited}"):
                data = self._link.read(deadline - begun)
            wait.take(time.monotonic() - begun, len(data))
        self._buffer += data

    @contextmanager
    def _noticing_loss(self, doing: str) -> Iterator[None]:
        try:
            yield
        except LinkError as error:
            self.gone = str(error)
            raise GoneError(self.describe(f"{error}, {doing}")) from error

    def describe(self, problem: str) -> str:
        """A problem, and the first and last lines that came since it was last begun."""
        hint = self._link.why_silent().strip()
        return f"{with_transcript(problem, self._link.transcript, self._mark)}\n{hint}".rstrip()


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace").rstrip("\r")
