"""Verdicts: the words, tones and signs of the pages for what came of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """How a verdict is shown; ``tone`` is a class of ``templates/style.css``."""

    word: str
    tone: str
    sign: str


VERDICTS = {
    "passed": Look("Passed", "good", "✓"),
    "failed": Look("Failed", "bad", "✕"),
    "interrupted": Look("Interrupted", "warn", "‖"),
    "running": Look("Not finished", "warn", "…"),
    "worse": Look("Worse", "warn", "!"),
}
"""By the status of a run; ``worse`` is one that passed, with a measure worse than it was."""
