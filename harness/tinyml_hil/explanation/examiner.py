"""The examiner: tries causes, and keeps those that reproduce every value of every input."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.dataset import small_png
from tinyml_hil.errors import HilError
from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.found import CaseFacts, Closest, Explanation, Told
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis

_LEAST_TOLD = 3
"""What inputs that differ have to tell together, see ``Case.telling``."""
_TOO_LITTLE = "too little differs to tell one cause from another"
_SHOWN = 6
"""Images that are kept as the device took them."""


@dataclass(frozen=True)
class _Trial:
    """What came of a candidate."""

    told: Told
    candidate: Candidate
    reproduced: list[Case]
    refuted_by: Case | None = None
    """None if it reproduces all that it says something of."""
    right: int = 0
    """Values that differ which it gives for that case."""

    @property
    def fits(self) -> bool:
        """Whether it may be the cause: nothing refutes it, and something that differs is for it."""
        return not self.refuted_by and any(case.differs for case in self.reproduced)

    @property
    def closeness(self) -> tuple[int, int]:
        """Greater is closer; (0, 0) is not close at all."""
        return len(self.reproduced), self.right


def examine(
    evidence: Evidence,
    hypotheses: Sequence[Hypothesis],
    explanation: Explanation,
    on_candidate: Callable[[int, str], None] = lambda number, sentence: None,
    most: int | None = None,
) -> Explanation:
    """Tries hypotheses, and completes an explanation by what it finds.

    Of several candidates that reproduce everything the first is the cause, by the order of
    ``hypotheses``; the costly ones are tried only where the others have none.

    Args:
        on_candidate: is told how many hypotheses are done, and what is tried now.
        most: candidates that are tried; None for all.
    """
    explanation.cases = [_facts(case) for case in evidence.cases]
    if not evidence.differing:
        return explanation
    right: list[_Trial] = []
    closest: _Trial | None = None
    for number, hypothesis, candidate in islice(_all(evidence, hypotheses), most):
        if hypothesis.costly and right:
            break
        on_candidate(number, candidate.sentence)
        try:
            trial = _try(candidate, hypothesis.name, evidence.cases)
        except HilError as error:
            evidence.leave_out(candidate.sentence, error)
            continue
        explanation.tried += 1
        if trial.fits:
            right.append(trial)
        elif trial.refuted_by and trial.closeness > (closest.closeness if closest else (0, 0)):
            closest = trial
    explanation.left_out = evidence.left_out
    if right and sum(case.telling for case in evidence.differing) < _LEAST_TOLD:
        evidence.leave_out(f"{_TOO_LITTLE}; this would give it all: {right[0].told.sentence}")
    elif right:
        explanation.cause, *explanation.same = [trial.told for trial in right]
        explanation.cases = [_facts(case) for case in right[0].reproduced]
        _show(explanation, right[0])
    elif closest:
        explanation.closest = _closest(closest)
    return explanation


def _all(
    evidence: Evidence, hypotheses: Sequence[Hypothesis]
) -> Iterator[tuple[int, Hypothesis, Candidate]]:
    """Every candidate, those of costly hypotheses last, with how many hypotheses are done."""
    for number, hypothesis in enumerate(sorted(hypotheses, key=lambda each: each.costly)):
        for candidate in _candidates(hypothesis, evidence):
            yield number, hypothesis, candidate


def _candidates(hypothesis: Hypothesis, evidence: Evidence) -> Iterator[Candidate]:
    try:
        yield from hypothesis.candidates(evidence)
    except HilError as error:
        evidence.leave_out(hypothesis.name, error)


def _try(candidate: Candidate, hypothesis: str, cases: Sequence[Case]) -> _Trial:
    """Holds a candidate against the cases, up to the first that refutes it."""
    told = Told(hypothesis, candidate.sentence)
    reproduced: list[Case] = []
    for case in cases:
        predicted = candidate.predict(case)
        if predicted is None:
            continue
        if not case.reproduced_by(predicted):
            return _Trial(told, candidate, reproduced, case, case.right_in(predicted))
        reproduced.append(case)
    return _Trial(told, candidate, reproduced)


def _closest(trial: _Trial) -> Closest | None:
    case = trial.refuted_by
    if not case:
        return None
    return Closest(
        *(trial.told.hypothesis, trial.told.sentence, case.index),
        *(trial.right, case.different, len(trial.reproduced)),
    )


def _facts(case: Case) -> CaseFacts:
    return CaseFacts(
        index=case.index,
        title=case.title,
        differing=case.differing.nonzero()[0].tolist(),
        device=[value for pair in case.known for value in _plain(pair.output)],
        host=[value for pair in case.known for value in _plain(pair.expected)],
    )


def _show(explanation: Explanation, cause: _Trial) -> None:
    """Adds the first images as the device took them, if the cause is about images."""
    if seen := cause.candidate.seen:
        for facts, case in list(zip(explanation.cases, cause.reproduced, strict=True))[:_SHOWN]:
            facts.seen = base64.b64encode(small_png(seen(case))).decode()


def _plain(values: NDArray[Any]) -> list[float]:
    """As JSON has them, which knows no infinity and no NaN."""
    plain: list[float] = np.nan_to_num(values).tolist()
    return plain
