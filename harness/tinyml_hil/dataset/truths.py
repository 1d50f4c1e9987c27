"""Truths: labels that are no class of an input: real values, several classes, a map of classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.errors import UsageError

MOST_CLASSES = 1 << 16
_MAP = 3
"""Dimensions of labels that are maps, the count of inputs included."""
_ROWS = 2
_NUMBERS = "biuf"


@dataclass(frozen=True)
class Labels:
    """The labels of all inputs."""

    numbers: NDArray[Any]
    """The class of each; 0 where a label is none."""
    classes: tuple[str, ...]
    truths: NDArray[np.float64] | None = None
    """What the labels are if they are no classes: a row of values each."""
    task: str = ""
    """What they are for, one of ``choices.TASKS``; empty if they are classes."""


def labels_of(path: Path, labels: NDArray[Any], task: str) -> Labels:
    """The labels in an array, an input each.

    Without a ``task`` they are what they look like: whole numbers or names are classes; rows of 0
    and 1 are one class each if there is one 1 in every row, else several; whole numbers in more
    dimensions are maps; all other numbers are real values.

    Args:
        path: for messages.
        labels: of count, or of count x anything.
        task: what they are for, one of ``choices.TASKS``; empty if that is not known.

    Raises:
        UsageError: they are nothing that the task takes.
    """
    labels = _plain(labels)
    kind = task or _kind_of(labels)
    if kind in _TRUTHS:
        if not _TRUTHS[kind](labels):
            raise UsageError(
                f"{path}: labels are {labels.dtype} of shape {labels.shape}; {kind} takes "
                f"{_WANTED[kind]}"
            )
        truths = labels.reshape(len(labels), -1).astype(np.float64)
        _require_finite(path, truths)
        return Labels(np.zeros(len(labels), np.int64), (), truths, kind)
    if labels.ndim == _ROWS and _are_flags(labels) and (labels.sum(axis=1) == 1).all():
        labels = labels.argmax(axis=1)
    if labels.ndim == 1 and labels.dtype.kind == "f" and _are_whole(labels):
        labels = labels.astype(np.int64)
    if labels.ndim != 1 or labels.dtype.kind not in "iuU":
        raise UsageError(
            f"{path}: labels are {labels.dtype} of shape {labels.shape}; they have to be "
            f"{len(labels)} whole numbers or names, one an input"
        )
    return Labels(*numbered(path, labels))


def numbered(path: Path, labels: NDArray[Any]) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The number of each label's class, and the classes: whole numbers from 0, or sorted names.

    Raises:
        UsageError: a number is negative, or too large.
    """
    if labels.dtype.kind == "U":
        names, numbers = np.unique(labels, return_inverse=True)
        return numbers.reshape(-1), tuple(map(str, names))
    wrong = (labels < 0) | (labels >= MOST_CLASSES)
    if wrong.any():
        first = int(wrong.argmax())
        raise UsageError(
            f"{path}: input {first} has the label {labels[first]}; labels are from 0 to "
            f"{MOST_CLASSES - 1:,}"
        )
    return labels, tuple(map(str, range(int(labels.max()) + 1))) if len(labels) else ()


def _plain(labels: NDArray[Any]) -> NDArray[Any]:
    """Without a last dimension of one, and maps that say each class by a 1 with their numbers."""
    if labels.ndim in (_ROWS, _MAP + 1) and labels.shape[-1] == 1:
        return labels.squeeze(-1)
    if labels.ndim == _MAP + 1 and _are_flags(labels):
        return np.asarray(labels.argmax(axis=-1))
    return labels


def _kind_of(labels: NDArray[Any]) -> str:
    """The task that labels look like; empty for classes."""
    if labels.dtype.kind not in _NUMBERS:
        return ""
    if labels.ndim <= _ROWS and _are_flags(labels):
        one_each = labels.ndim == 1 or (labels.sum(axis=1) == 1).all()
        return "" if one_each else "multi-label"
    if labels.dtype.kind == "f":
        return "regression"
    return "segmentation" if labels.ndim == _MAP else ""


def _are_numbers(labels: NDArray[Any]) -> bool:
    return labels.dtype.kind in _NUMBERS


def _are_flags(labels: NDArray[Any]) -> bool:
    return _are_numbers(labels) and bool(((labels == 0) | (labels == 1)).all())


def _are_whole(labels: NDArray[Any]) -> bool:
    return bool((np.isfinite(labels) & (np.trunc(labels) == labels)).all())


def _are_rows_of_flags(labels: NDArray[Any]) -> bool:
    return labels.ndim <= _ROWS and _are_flags(labels)


def _are_maps(labels: NDArray[Any]) -> bool:
    return labels.ndim == _MAP and labels.dtype.kind in "biu"


_TRUTHS = {
    "regression": _are_numbers,
    "multi-label": _are_rows_of_flags,
    "segmentation": _are_maps,
}
_WANTED = {
    "regression": "numbers, one or some for each input",
    "multi-label": "a row of 0 and 1 for each input, one for each class",
    "segmentation": "a map of whole numbers for each input, height x width",
}


def _require_finite(path: Path, truths: NDArray[np.float64]) -> None:
    finite = np.isfinite(truths).all(axis=1)
    if not finite.all():
        raise UsageError(
            f"{path}: input {int(finite.argmin())} has a label that is not finite: leave it out"
        )
