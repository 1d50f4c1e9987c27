"""Links: bytes to and from a device, with a time-stamped transcript."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from tinyml_hil.errors import LinkError, SetupError

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_LONGEST_SHOWN = 200


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
        self._lines: list[str] = []
        self._partial = b""
        self._binary: list[bytes] = []

    def sent(self, data: bytes) -> None:
        """Records bytes that went to the device."""
        self._end_binary()
        self._add(">", data)

    def received(self, data: bytes) -> None:
        """Records bytes that came from the device, whole lines at a time."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            if _is_text(line.rstrip(b"\r")):
                self._end_binary()
                self._add("<", line.rstrip(b"\r"))
            else:
                self._binary.append(line)

    def note(self, text: str) -> None:
        """Records what happened to the link itself."""
        self._end_binary()
        self._add("#", text.encode())

    def mark(self) -> int:
        """The present position, for ``since``."""
        self._end_binary()
        return len(self._lines)

    def since(self, mark: int) -> list[str]:
        """The lines after ``mark``."""
        self._end_binary()
        return self._lines[mark:]

    def last(self, count: int) -> str:
        """The last lines, an unfinished one among them."""
        self._end_binary()
        lines = self._lines[-count:]
        if self._partial:
            lines = [*lines, f"          < {_printable(self._partial)} (line not ended)"]
        return "\n".join(lines) or "(nothing at all)"

    def close(self) -> None:
        """Closes the file."""
        with contextlib.suppress(OSError, SetupError):  # a full disk has been told of already
            self._end_binary()
            self._file.close()

    def _end_binary(self) -> None:
        if self._binary:
            self._add("<", b"\n".join(self._binary).rstrip(b"\r"))
            self._binary = []

    def _add(self, direction: str, data: bytes) -> None:
        elapsed = time.monotonic() - self._start
        line = f"{elapsed:9.3f} {direction} {_printable(data)}"
        self._lines.append(line)
        if self._full:
            return
        try:
            self._file.write(line + "\n")
            self._file.flush()
        except OSError as error:
            self._full = True  # told of once: what ends the device must not fail for it again
            raise SetupError(f"cannot write {self.path}: {error.strerror}") from error


def _is_text(line: bytes) -> bool:
    return not _UNPRINTABLE.search(line.decode("latin-1"))


def _printable(data: bytes) -> str:
    text = data[:_LONGEST_SHOWN].decode("latin-1")
    text = _UNPRINTABLE.sub(lambda m: f"\\x{ord(m[0]):02x}", text)
    more = len(data) - _LONGEST_SHOWN
    return f"{text}... ({more} bytes more)" if more > 0 else text


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
        """What may be the reason that an answer does not come, and what to try."""
        return "Is the model slow? Try --reply-timeout with more seconds."


class SocketLink(Link):
    """A link over a connected socket."""

    WRITE_TIMEOUT = 30.0
    """Seconds in which the other end has to take what is written."""

    def __init__(
        self, connection: socket.socket, transcript: Transcript, why_closed: Callable[[], str]
    ) -> None:
        """Takes over ``connection``. ``why_closed`` is asked when the other end is gone."""
        self.transcript = transcript
        self._socket = connection
        self._socket.settimeout(self.WRITE_TIMEOUT)
        self._why_closed = why_closed

    def read(self, timeout: float) -> bytes:
        readable, _, _ = select.select([self._socket], [], [], max(timeout, 0.0))
        if not readable:
            return b""
        try:
            data = self._socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            raise LinkError(self._why_closed())
        self.transcript.received(data)
        return data

    def write(self, data: bytes) -> None:
        self.transcript.sent(data)
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise LinkError(f"{self._why_closed()}, while writing ({error})") from error

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()
