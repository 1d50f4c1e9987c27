"""Another model: what the device would give if its file had another content."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.hypothesis import Candidate
from tinyml_hil.model import load_reference


def running(evidence: Evidence, content: bytes, sentence: str) -> Candidate:
    """The candidate that the device runs this content of a .tflite file.

    Raises:
        UsageError: it is no model, the reference refuses it, or it takes or gives other tensors.
    """
    other = load_reference(evidence.reference, evidence.model.holding(content))

    def predict(case: Case) -> NDArray[Any]:
        return other.predict(case.tensor)

    return Candidate(sentence, predict)
