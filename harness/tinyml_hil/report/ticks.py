"""Ticks: how long inferences took, as a histogram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MOST_BARS = 40


@dataclass(frozen=True)
class Bar:
    """The images whose inference took from ``low`` to ``high`` ticks; bar ``at`` from the left."""

    at: int
    low: int
    high: int
    count: int


@dataclass(frozen=True)
class Histogram:
    """Bars of equal width from the shortest inference to the longest, none of them left out."""

    bars: list[Bar]
    shortest: int
    longest: int
    mean: float
    median: float


def make_histogram(ticks: NDArray[np.int64]) -> Histogram:
    """The histogram of at least one inference; bars are whole numbers of ticks wide."""
    shortest, longest = int(ticks.min()), int(ticks.max())
    width = -(-(longest - shortest + 1) // _MOST_BARS)
    counts = np.bincount((ticks - shortest) // width)
    bars = [
        Bar(at, low, min(low + width - 1, longest), int(counts[at]))
        for at, low in enumerate(range(shortest, longest + 1, width))
    ]
    return Histogram(bars, shortest, longest, float(ticks.mean()), float(np.median(ticks)))
