"""Repair: how often what went wrong on a link is asked for again."""

from __future__ import annotations

from tinyml_hil.errors import DamagedError, LinkError, SilentError

_HINT = (
    "Asked for again each time, it never came through. A shorter cable, another port or hub, or a "
    "lower baud rate (--baud, and the firmware's) damages less."
)


class Tries:
    """How often one and the same thing may still be asked for."""

    def __init__(self) -> None:
        """All of them."""
        self._damaged = 7
        self._silent = 1  # a silence takes its time, and who is slow stays slow

    def take(self, error: DamagedError | SilentError) -> None:
        """Uses one up, for what went wrong.

        Raises:
            LinkError: there is none left.
        """
        if isinstance(error, SilentError):
            self._silent -= 1
        else:
            self._damaged -= 1
        if self._silent < 0:
            raise error
        if self._damaged < 0:
            raise LinkError(f"{error}\n{_HINT}") from error
