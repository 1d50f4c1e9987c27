"""Outcomes: what a fault did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What an inference with a fault came to."""

    MASKED = "masked"
    """Every bit of the outputs is as without it."""
    TOLERABLE = "tolerable"
    """Other bits, the same class."""
    CRITICAL = "critical"
    """Another class, and nothing that says so."""
    CORRECTED = "corrected"
    """The same bits, and the firmware has put the place right by itself."""
    DETECTED = "detected"
    """The firmware says that something is wrong: a fault report, an error that the call returns."""
    CRASH = "crash"
    """The core was stopped by a fault of its own, and the firmware says nothing."""
    HANG = "hang"
    """The call has not ended after several times the instructions that it takes."""
    UNDECIDED = "undecided"
    """The host's time ran out, twice, or the device went away: no verdict on the firmware."""
    ABSENT = "absent"
    """It was not there when it was read back: no result."""

    @property
    def counts(self) -> bool:
        """Whether it is a result."""
        return self not in (Outcome.UNDECIDED, Outcome.ABSENT)


RESULTS = tuple(outcome for outcome in Outcome if outcome.counts)


@dataclass(frozen=True)
class Result:
    """What one fault came to."""

    fault: int
    """Its id."""
    outcome: Outcome
    output: bytes = b""
    """All outputs, one after the other; empty where the call did not end."""
    top: int = -1
    """The class; -1 where there is none."""
    detail: str = ""
    """What the firmware said, or where the core was."""
