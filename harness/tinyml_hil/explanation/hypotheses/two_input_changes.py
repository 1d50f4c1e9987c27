"""Two input changes: the device takes its input otherwise in two ways at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis
from tinyml_hil.explanation.input_change import InputHypothesis, candidate_of


class TwoInputChanges(Hypothesis):
    """One change of one kind, and one of another, such as BGR without the shift by 128."""

    name = "two-input-changes"
    costly = True

    def __init__(self, *kinds: InputHypothesis) -> None:
        """``kinds``: in the order in which what they change comes on the way to an input."""
        self._kinds = kinds

    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """Every pair of changes of two kinds; none where inputs are no images."""
        if not evidence.has_images:
            return
        changes = [list(kind.changes(evidence)) for kind in self._kinds]
        for first, second in combinations(changes, 2):
            for pair in product(first, second):
                yield candidate_of(evidence, pair)
