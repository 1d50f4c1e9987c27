"""Hypothesis: one kind of cause, and the candidates that it comes to for a run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.evidence import Evidence


@dataclass(frozen=True)
class Candidate:
    """What may have happened, exactly enough to say what the device would have given."""

    sentence: str
    """Told if it is the cause, such as: the device was given BGR, the host RGB."""
    predict: Callable[[Case], NDArray[Any] | None]
    """The raw output that the device would give for a case; None if it is not known for this one.
    HilError, if it is known for none."""
    seen: Callable[[Case], NDArray[np.uint8]] | None = None
    """The image as the device would have taken it, to be looked at, where it is about images."""

    def fits(self, cases: Iterable[Case]) -> bool:
        """Whether it reproduces them all, as far as it says something of them."""
        predicted = ((case, self.predict(case)) for case in cases)
        return all(given is None or case.reproduced_by(given) for case, given in predicted)


class Hypothesis(ABC):
    """One kind of cause of differences."""

    name: ClassVar[str]
    """In explanation.json."""
    quick: ClassVar[bool] = False
    """Whether it takes a second at most, on the host alone: it is told with a failure itself."""
    costly: ClassVar[bool] = False
    """Whether it is tried only where nothing else explains: it takes seconds, or the device."""

    @abstractmethod
    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """What to try, the likeliest first; what cannot be is told by ``evidence.leave_out``."""


def until_one_fits(candidates: Iterable[Candidate], cases: Sequence[Case]) -> Iterator[Candidate]:
    """The candidates up to the first that reproduces all cases.

    For those of one kind which the likelier ones make needless: they would give the same.
    """
    for candidate in candidates:
        yield candidate
        if candidate.fits(cases):
            return
