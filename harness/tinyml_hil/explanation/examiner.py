"""The examiner: tries causes, and keeps those that reproduce every value of every input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.errors import HilError
from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.found import CaseFacts, Closest, Explanation, Told
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis


@dataclass(frozen=True)
class _Refuted:
    """Where a candidate failed."""

    case: Case
    right: int
    reproduced: int


def examine(
    evidence: Evidence,
    hypotheses: Sequence[Hypothesis],
    explanation: Explanation,
    on_candidate: Callable[[int, str], None] = lambda number, sentence: None,
) -> Explanation:
    """Tries hypotheses, and completes an explanation by what it finds.

    Of several candidates that reproduce everything the first is the cause, by the order of
    ``hypotheses``; the costly ones are tried only where the others have none.

    Args:
        on_candidate: is told how many hypotheses are done, and what is tried now.
    """
    explanation.cases = [_facts(case) for case in evidence.cases]
    if not evidence.differing:
        return explanation
    right: list[Told] = []
    ordered = sorted(hypotheses, key=lambda hypothesis: hypothesis.costly)
    for number, hypothesis in enumerate(ordered):
        if hypothesis.costly and right:
            break
        for candidate in _candidates(hypothesis, evidence):
            on_candidate(number, candidate.sentence)
            explanation.tried += 1
            told = Told(hypothesis.name, candidate.sentence)
            try:
                refuted = _refuted(candidate, evidence.cases)
            except HilError as error:
                evidence.leave_out(f"{candidate.sentence}: {str(error).splitlines()[0]}")
                continue
            if refuted is None:
                right.append(told)
            else:
                explanation.closest = _closer(explanation.closest, told, refuted)
    explanation.left_out = evidence.left_out
    if right:
        explanation.cause, *explanation.same = right
        explanation.closest = None
    return explanation


def _candidates(hypothesis: Hypothesis, evidence: Evidence) -> Iterator[Candidate]:
    try:
        yield from hypothesis.candidates(evidence)
    except HilError as error:
        evidence.leave_out(f"{hypothesis.name}: {str(error).splitlines()[0]}")


def _refuted(candidate: Candidate, cases: Sequence[Case]) -> _Refuted | None:
    """The first case that a candidate does not reproduce; None if it reproduces all."""
    for number, case in enumerate(cases):
        predicted = candidate.predict(case)
        if not case.reproduced_by(predicted):
            return _Refuted(case, case.right_in(predicted), number)
    return None


def _closer(nearest: Closest | None, told: Told, refuted: _Refuted) -> Closest | None:
    """The closest up to now, or this one if it is closer."""
    right, reproduced = refuted.right, refuted.reproduced
    if not (right or reproduced):
        return nearest
    if nearest and (nearest.reproduced, nearest.right) >= (reproduced, right):
        return nearest
    case = refuted.case
    return Closest(
        *(told.hypothesis, told.sentence, case.index),
        *(right, case.record.different, reproduced),
    )


def _facts(case: Case) -> CaseFacts:
    return CaseFacts(
        index=case.index,
        title=case.title,
        differing=[int(i) for i in case.record.differing.nonzero()[0]],
        device=_plain(case.output[case.record.compared]),
        host=_plain(case.expected[case.record.compared]),
    )


def _plain(values: NDArray[Any]) -> list[float]:
    """As JSON has them, which knows no infinity and no NaN."""
    return [float(np.nan_to_num(value)) for value in values]
