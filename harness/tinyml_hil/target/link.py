"""Links: bytes to and from a device, with a time-stamped transcript."""

from __future__ import annotations

import contextlib
import itertools
import re
import select
import socket
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from pathlib import Path

from tinyml_hil.errors import LinkError, SetupError

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_NO_TEXT = re.compile(rb"[^\x20-\x7e\r]")
_LONGEST_SHOWN = 200
LARGEST_FILE = 64 << 20
"""Bytes of a transcript's file; a device that chatters for hours does not fill a disk."""
_MOST_PENDING = 4 << 20
"""Bytes that may come while something is written."""
MOST_LINES = 100_000
"""Lines that a transcript gives back; the file has those before."""


class _Piece:
    """What came between two ends of lines: its start, since no more is ever shown, and its size."""

    def __init__(self) -> None:
        self.start = b""
        self.size = 0
        self.is_text = True

    def add(self, data: bytes) -> None:
        self.start += data[: _LONGEST_SHOWN - len(self.start)]
        self.size += len(data)
        self.is_text = self.is_text and not _NO_TEXT.search(data)

    def __str__(self) -> str:
        whole = self.size == len(self.start)
        text = (self.start.rstrip(b"\r") if whole else self.start).decode("latin-1")
        text = _UNPRINTABLE.sub(lambda m: f"\\x{ord(m[0]):02x}", text)
        return text if whole else f"{text}... ({self.size - len(self.start)} bytes more)"


class Transcript:
    """What went over a link, line by line, with the seconds since it was opened.

    Every line is written to the file at once, so that it is there after a crash too. What is not
    text, such as the bytes of a tensor, is shown as one line, from its start.
    """

    def __init__(self, path: Path) -> None:
        """Starts a new file at ``path``."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise SetupError(f"cannot write the transcript {path}: {error.strerror}") from error
        self._full = False
        self._start = time.monotonic()
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._count = 0
        self._written = 0
        self._partial = _Piece()
        self._binary = _Piece()

    def sent(self, data: bytes) -> None:
        """Records bytes that went to the device."""
        self._end_binary()
        self._add(">", _piece(data))

    def received(self, data: bytes) -> None:
        """Records bytes that came from the device, whole lines at a time."""
        first, *rest = data.split(b"\n")
        self._partial.add(first)
        for following in rest:
            line, self._partial = self._partial, _piece(following)
            if line.is_text:
                self._end_binary()
                self._add("<", line)
            else:
                self._add_binary(line)

    def note(self, text: str) -> None:
        """Records what happened to the link itself."""
        self._end_binary()
        self._add("#", _piece(text.encode()))

    def mark(self) -> int:
        """The present position, for ``since``."""
        self._end_binary()
        return self._count

    def since(self, mark: int) -> list[str]:
        """The lines after ``mark``, as far as they are still known; see ``MOST_LINES``."""
        self._end_binary()
        forgotten = self._count - len(self._lines)
        return list(itertools.islice(self._lines, max(mark - forgotten, 0), None))

    def last(self, count: int) -> str:
        """The last lines, an unfinished one among them."""
        lines = self.since(max(self._count - count, 0))
        if self._partial.size:
            lines = [*lines, f"          < {self._partial} (line not ended)"]
        return "\n".join(lines) or "(nothing at all)"

    def close(self) -> None:
        """Closes the file."""
        with contextlib.suppress(OSError, SetupError):  # a full disk has been told of already
            self._end_binary()
            self._file.close()

    def _add_binary(self, line: _Piece) -> None:
        if self._binary.size:
            self._binary.add(b"\n")
        self._binary.add(line.start)
        self._binary.size += line.size - len(line.start)

    def _end_binary(self) -> None:
        if self._binary.size:
            binary, self._binary = self._binary, _Piece()
            self._add("<", binary)

    def _add(self, direction: str, content: _Piece) -> None:
        elapsed = time.monotonic() - self._start
        line = f"{elapsed:9.3f} {direction} {content}"
        self._lines.append(line)
        self._count += 1
        if self._full:
            return
        try:
            self._file.write(line + "\n")
            self._written += len(line) + 1
            if self._written > LARGEST_FILE:
                self._full = True
                self._file.write(f"{elapsed:9.3f} # the file is full: what follows is left out\n")
            self._file.flush()
        except OSError as error:
            self._full = True  # told of once: what ends the device must not fail for it again
            raise SetupError(f"cannot write {self.path}: {error.strerror}") from error


def _piece(data: bytes) -> _Piece:
    piece = _Piece()
    piece.add(data)
    return piece


class Link(ABC):
    """A byte stream to a device. What is read and written goes into ``transcript``."""

    transcript: Transcript

    @abstractmethod
    def read(self, timeout: float) -> bytes:
        """The bytes that are there, awaited for ``timeout`` seconds; empty if none came.

        Raises:
            LinkError: the other end is gone.
        """

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Sends all bytes.

        Raises:
            LinkError: the other end is gone, or takes no more.
        """

    @abstractmethod
    def fileno(self) -> int:
        """The file descriptor that tells, with ``select``, when there is something to read."""

    @abstractmethod
    def close(self) -> None:
        """Closes the link; it may be closed already."""

    def why_silent(self) -> str:
        """What may be the reason that no answer comes, as far as the link knows; often nothing."""
        return ""


class HoldingLink(Link):
    """A link that takes in what comes before anybody reads it, so that its device need not wait."""

    def __init__(self, link: Link) -> None:
        """Takes over ``link``."""
        self.transcript = link.transcript
        self._link = link
        self._held = b""

    def take_in(self) -> None:
        """Takes what has come, for the next ``read``; of a device that talks without end the
        newest, as all else is in the transcript.

        Raises:
            LinkError: the other end is gone.
        """
        self._held = (self._held + self._link.read(0))[-_MOST_PENDING:]

    def read(self, timeout: float) -> bytes:
        if self._held:
            data, self._held = self._held, b""
            return data
        return self._link.read(timeout)

    def write(self, data: bytes) -> None:
        self._link.write(data)

    def fileno(self) -> int:
        return self._link.fileno()

    def close(self) -> None:
        self._link.close()

    def why_silent(self) -> str:
        return self._link.why_silent()


class SocketLink(Link):
    """A link over a connected socket."""

    WRITE_TIMEOUT = 30.0
    """Seconds in which the other end has to take some of what is written."""

    def __init__(
        self, connection: socket.socket, transcript: Transcript, why_closed: Callable[[], str]
    ) -> None:
        """Takes over ``connection``. ``why_closed`` is asked when the other end is gone."""
        self.transcript = transcript
        self._socket = connection
        self._socket.settimeout(self.WRITE_TIMEOUT)
        self._why_closed = why_closed
        self._pending = b""

    def read(self, timeout: float) -> bytes:
        if self._pending:
            data, self._pending = self._pending, b""
            return data
        readable, _, _ = select.select([self._socket], [], [], max(timeout, 0.0))
        return self._take() if readable else b""

    def write(self, data: bytes) -> None:
        """As ``Link.write``; what comes meanwhile is kept for the next ``read``.

        Else both ends might wait for the other to read, if it answers before it has all.
        """
        self.transcript.sent(data)
        both = [self._socket]
        deadline = time.monotonic() + self.WRITE_TIMEOUT
        while data:
            left = max(deadline - time.monotonic(), 0.0)
            readable, writable, _ = select.select(both, both, [], left)
            if writable:
                data = data[self._send(data) :]
                deadline = time.monotonic() + self.WRITE_TIMEOUT
            elif readable and left and len(self._pending) < _MOST_PENDING:
                self._pending += self._take()
            else:
                raise LinkError("the device reads nothing: does it hang, or only talk?")

    def _take(self) -> bytes:
        try:
            data = self._socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            raise LinkError(self._why_closed())
        self.transcript.received(data)
        return data

    def _send(self, data: bytes) -> int:
        try:
            return self._socket.send(data)
        except OSError as error:
            raise LinkError(self._why_closed()) from error

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()
