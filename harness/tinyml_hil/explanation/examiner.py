"""The examiner: tries causes, and keeps those that reproduce every value of every input."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tinyml_hil.errors import HilError
from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.found import CaseFacts, Closest, Explanation, Told
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis

_SHOWN = 6
"""Images that are kept as the device took them."""
_LARGEST_SIDE = 96
"""Pixels of such an image; a larger one is made smaller."""


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
    right: list[tuple[Told, Candidate]] = []
    for number, hypothesis, candidate in islice(_all(evidence, hypotheses), most):
        if hypothesis.costly and right:
            break
        on_candidate(number, candidate.sentence)
        told = Told(hypothesis.name, candidate.sentence)
        try:
            refuted = _refuted(candidate, evidence.cases)
        except HilError as error:
            evidence.leave_out(f"{candidate.sentence}: {str(error).splitlines()[0]}")
            continue
        explanation.tried += 1
        if refuted is None:
            right.append((told, candidate))
        else:
            explanation.closest = _closer(explanation.closest, told, refuted)
    explanation.left_out = evidence.left_out
    if right:
        (explanation.cause, candidate), *others = right
        explanation.same = [told for told, _ in others]
        explanation.closest = None
        _show(explanation, candidate, evidence)
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
        differing=case.record.differing[case.record.compared].nonzero()[0].tolist(),
        device=_plain(case.output[case.record.compared]),
        host=_plain(case.expected[case.record.compared]),
    )


def _show(explanation: Explanation, cause: Candidate, evidence: Evidence) -> None:
    """Adds the first images as the device took them, if the cause is about images."""
    if cause.seen:
        for facts, case in list(zip(explanation.cases, evidence.cases, strict=True))[:_SHOWN]:
            facts.seen = _png(cause.seen(case))


def _png(pixels: NDArray[np.uint8]) -> str:
    image = Image.fromarray(pixels.squeeze())
    image.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    content = io.BytesIO()
    image.save(content, "PNG", optimize=True)
    return base64.b64encode(content.getvalue()).decode()


def _plain(values: NDArray[Any]) -> list[float]:
    """As JSON has them, which knows no infinity and no NaN."""
    plain: list[float] = np.nan_to_num(values).tolist()
    return plain
