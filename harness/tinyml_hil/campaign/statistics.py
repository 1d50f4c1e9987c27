"""Statistics: how many faults tell a rate so closely, and how closely those that were tried do."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import binomtest, norm

CONFIDENCE = 0.95


def sample_size(population: int, margin: float, confidence: float = CONFIDENCE) -> int:
    """Faults that tell any rate to within ``margin``.

    n = N / (1 + e^2 (N - 1) / (t^2 p (1 - p))) with p = 0.5, the worst of all (R. Leveugle et al.,
    Statistical fault injection: quantified error and confidence, DATE 2009, equation 1).

    Args:
        population: all possible faults.
        margin: 0.01 for a hundredth to either side.
    """
    cut = float(norm.ppf((1 + confidence) / 2))
    return math.ceil(population / (1 + margin**2 * (population - 1) / (cut**2 * 0.25)))


@dataclass(frozen=True)
class Rate:
    """How often something happened among faults, and the interval that the true rate is in."""

    count: int
    total: int

    @property
    def value(self) -> float:
        return self.count / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, at ``CONFIDENCE``; from 0 to 1 where nothing was tried."""
        if not self.total:
            return 0.0, 1.0
        found = binomtest(self.count, self.total).proportion_ci(CONFIDENCE, method="wilson")
        return float(found.low), float(found.high)

    def to_plain(self) -> dict[str, float | None]:
        """As plain types, for JSON: the rate is None where nothing was tried."""
        low, high = self.interval
        rate = self.value if self.total else None
        return {"count": self.count, "total": self.total, "rate": rate, "low": low, "high": high}

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.2%} ({low:.2%} to {high:.2%})"


def failures_in_time(fit_per_mbit: float, bits: int, rate: float) -> float:
    """Failures in 10^9 hours: FIT = raw rate per Mbit x Mbit x share of faults that are critical.

    Args:
        fit_per_mbit: upsets in 10^9 hours of 10^6 bits of this memory (its maker's, or JESD89's).
        bits: of it that the campaign stands for.
        rate: the share, 0 to 1.
    """
    return fit_per_mbit * bits / 1e6 * rate
