"""Decision: which class the scores of a model mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GIVE_PROBABILITIES = ("LOGISTIC", "SOFTMAX")
_GIVE_WHAT_THEY_GET = ("QUANTIZE", "DEQUANTIZE", "RESHAPE", "SQUEEZE", "EXPAND_DIMS")
"""Ops that write the same scores in another form."""


def gives_probabilities(ops: Iterable[str]) -> bool:
    """Whether the last op that makes scores makes probabilities of them.

    Args:
        ops: of the model, in the order in which they run. The firmware has the same rule.
    """
    telling = [op for op in ops if op not in _GIVE_WHAT_THEY_GET]
    return bool(telling) and telling[-1] in _GIVE_PROBABILITIES


def class_scores(scores: NDArray[Any], threshold: float) -> NDArray[Any]:
    """A score for each class, in the last dimension.

    That is what a model gives, unless it gives one score for two classes: that is the second one's,
    and the first one's lies as far on the other side of the threshold. So it is 1 - p for a
    probability p, and -x for any other score x.

    Args:
        scores: at least one in the last dimension, raw or real.
        threshold: of a single score, in the same unit; what is above it is of the second class.
    """
    if scores.shape[-1] != 1:
        return scores
    score = scores.astype(np.float64)
    return np.concatenate([2 * threshold - score, score], axis=-1)


def class_of(scores: NDArray[Any], threshold: float) -> int:
    """The class that flat scores mean: that of the greatest score, the first of several.

    A single score means the second of two classes if it is above ``threshold``, else the first.
    """
    return int(class_scores(scores, threshold).argmax())
