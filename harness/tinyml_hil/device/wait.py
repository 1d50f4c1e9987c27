"""Wait: through how much time and how many bytes one wait for a prompt goes on."""

from __future__ import annotations

import re

from tinyml_hil.target import Transcript

ROUNDS = 3.0
"""Reply time-outs that a device may talk without getting on."""
MOST_BYTES = 4 << 20
"""Bytes that it may send meanwhile."""
_SHOWN_FIRST, _SHOWN_LAST = 4, 12
"""Lines of the transcript that an error shows."""
# Lines of docs/protocol.md that are numbered: a higher number is progress.
_NUMBERED = re.compile(r"(?:m-item-\[|m-layer-\[|image )(\d+)")


class Wait:
    """What a device has taken since it was last asked for something, or last got on with it.

    A silence is another matter: the console bounds each. Only time in which the harness waited
    counts, since whoever reads a reply line by line may take as long as he likes.
    """

    def __init__(self, timeout: float) -> None:
        """``timeout``: of a reply, in seconds."""
        self._seconds_allowed = ROUNDS * timeout
        self._furthest = -1
        self.seconds = 0.0
        """Waited in all."""
        self.bytes = 0
        """Came in all."""
        self._seconds_before = 0.0
        self._bytes_before = 0

    def allow(self, patience: float) -> None:
        """Lets it take so many seconds more."""
        self._seconds_allowed += patience

    def take(self, seconds: float, count: int) -> None:
        """So many bytes came after so many seconds."""
        self.seconds += seconds
        self.bytes += count

    def hear(self, line: str) -> None:
        """A line came: a numbered one, if it is further than those before, is progress."""
        match = _NUMBERED.match(line)
        if match and int(match[1]) > self._furthest:
            self._furthest = int(match[1])
            self.get_on()

    @property
    def got_on(self) -> bool:
        """Whether a numbered line came."""
        return self._furthest >= 0

    def get_on(self) -> None:
        """What came is what was awaited, and more of it is to come."""
        self._seconds_before, self._bytes_before = self.seconds, self.bytes

    @property
    def is_over(self) -> bool:
        """Whether it has had enough time, or sent enough."""
        return (
            self.seconds - self._seconds_before > self._seconds_allowed
            or self.bytes - self._bytes_before > MOST_BYTES
        )


def with_transcript(problem: str, transcript: Transcript, since: int) -> str:
    """What went wrong in a wait, and the first and last lines that came.

    Args:
        problem: without a full stop.
        transcript: of the link.
        since: its mark when the wait began.
    """
    said = transcript.since(since)
    first = said[:_SHOWN_FIRST] if len(said) > _SHOWN_FIRST + _SHOWN_LAST else []
    return "\n".join(
        [
            f"{problem}.",
            *(["It began with:", *first] if first else []),
            "The last lines:",
            transcript.last(_SHOWN_LAST),
            f"All of it: {transcript.path}",
        ]
    )
