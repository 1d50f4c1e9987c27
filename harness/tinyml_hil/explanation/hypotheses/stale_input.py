"""Stale input: the device answers an input that it had before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis


class StaleInput(Hypothesis):
    """The input before, the last one that was answered right, or none at all."""

    name = "stale-input"
    quick = True

    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """One behind always, one that is kept at times, and an input that was never written."""
        if any(case.previous for case in evidence.differing):
            yield Candidate(
                "the device gives the output of the input before: it infers before it has the new "
                "one, or its answer is read too early",
                lambda case: _one_behind(evidence, case),
            )
            yield Candidate(
                "where outputs differ, the device gave that of the last input that it answered "
                "right: it did not take the new one, or kept its output",
                lambda case: evidence.host.predict(_last_right(case).tensor),
            )
        yield Candidate(
            "the device answers all inputs as one of zeros: it is not given them",
            lambda case: evidence.host.predict(np.zeros_like(case.tensor)),
        )


def _one_behind(evidence: Evidence, case: Case) -> NDArray[Any] | None:
    """Nothing for the first input: what a device had before is not known."""
    return evidence.host.predict(case.previous.tensor) if case.previous else None


def _last_right(case: Case) -> Case:
    """The last up to this one that is right; the case itself if none is."""
    last: Case | None = case
    while last and last.differs:
        last = last.previous
    return last or case
