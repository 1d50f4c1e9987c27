"""Reply check: whether the lines of a reply came as they were sent (docs/protocol.md)."""

from __future__ import annotations

import re
import zlib

_CHECKED = re.compile(rb"(.*#)([0-9a-f]{8})", re.DOTALL)


class ReplyCheck:
    """Follows the CRC32 at each line's end: of the command and of all lines up to there."""

    def __init__(self, command: str) -> None:
        """``command``: as it was sent, without ``#%``."""
        self._crc = zlib.crc32(command.encode("ascii"))

    def take(self, line: bytes) -> bytes | None:
        """A line without its CRC32; None if it has a wrong one, or none.

        One lost or damaged before gives all that follow a wrong one.
        """
        if not (match := _CHECKED.fullmatch(line)):
            return None
        crc = zlib.crc32(match[1], self._crc)
        if match[2] != b"%08x" % crc:
            return None
        self._crc = zlib.crc32(match[2], crc)
        return match[1][:-1]


def looks_checked(line: bytes) -> bool:
    """Whether a line ends like one that has a CRC32, a right one or not."""
    return _CHECKED.fullmatch(line) is not None
