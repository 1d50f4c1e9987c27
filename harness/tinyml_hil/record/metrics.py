"""Metrics: how good the device's answers are, and how far they are from the reference's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    mean_absolute_error,
    precision_recall_fscore_support,
    r2_score,
    root_mean_squared_error,
    top_k_accuracy_score,
)
from sklearn.metrics.pairwise import cosine_similarity

from tinyml_hil.model import TensorSpec, class_scores
from tinyml_hil.record.input_record import InputRecord

TOP_K = 5
ECE_BINS = 15
"""As many as Guo et al. have; see ``calibration_error``."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ClassScore:
    """How well one class is recognised by the device."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int
    """Images of this class."""


class Metrics:
    """Everything that a set of records comes to; each value is computed when it is asked for."""

    def __init__(
        self, records: list[InputRecord], output: TensorSpec, classes: tuple[str, ...]
    ) -> None:
        """``records``: at least one. ``output``: the model's. ``classes``: names, by number."""
        # In the order of the images: sums round alike, however the records came.
        records = sorted(records, key=lambda record: record.index)
        self._records = records
        self._classes = classes
        self._labels = np.array([record.label for record in records])
        self._device = _real([record.output for record in records], output)
        self._host = _real([record.expected for record in records], output)
        self._device_class = np.array([record.device_class for record in records])
        self._host_class = np.array([record.host_class for record in records])
        self._threshold = _real_threshold(records[0], output)

    def numbers(self) -> dict[str, float]:
        """All single numbers, by the names that docs/results.md explains.

        What outputs that are no numbers do not come to is left out.
        """
        found = self._counts() | self._quality() | self._closeness()
        return {name: value for name, value in found.items() if math.isfinite(value)}

    def _counts(self) -> dict[str, float]:
        ticks = [record.ticks for record in self._records]
        return {
            "images": len(self._records),
            "exact": sum(record.exact for record in self._records),
            **self._bytes(),
            "max_difference": max(record.largest_difference for record in self._records),
            "ticks_mean": float(np.mean(ticks)),
            "ticks_min": min(ticks),
            "ticks_max": max(ticks),
        }

    def _bytes(self) -> dict[str, float]:
        """Of raw outputs; nothing for outputs that were printed, whose bits are not known."""
        if any(record.precision for record in self._records):
            return {}
        pairs = [(record.output, record.expected) for record in self._records]
        return {
            "bytes": sum(output.nbytes for output, _ in pairs),
            "exact_bytes": sum(_equal_bytes(output, expected) for output, expected in pairs),
        }

    def _quality(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for side, given, outputs in (
            ("device", self._device_class, self._device),
            ("host", self._host_class, self._host),
        ):
            scores = class_scores(outputs, self._threshold)
            found[f"accuracy_{side}"] = float(accuracy_score(self._labels, given))
            if len(self._classes) > TOP_K and np.isfinite(scores).all():
                found[f"top{TOP_K}_{side}"] = top_k_accuracy(self._labels, scores, TOP_K)
            if _are_probabilities(scores):
                found[f"ece_{side}"] = calibration_error(self._labels, scores)
        present = [score for score in self.per_class if score.support]
        for name in ("precision", "recall", "f1"):
            found[f"{name}_macro"] = float(np.mean([getattr(score, name) for score in present]))
        return found

    def _closeness(self) -> dict[str, float]:
        same = float(accuracy_score(self._host_class, self._device_class))
        values = compare(self._device, self._host)
        return {"diff_acc": same} | {f"diff_{name}": value for name, value in values.items()}

    @cached_property
    def per_class(self) -> list[ClassScore]:
        """Precision, recall and F1 of the device, class by class; 0 where there is nothing.

        Source: scikit-learn, ``precision_recall_fscore_support``: TP / (TP + FP),
        TP / (TP + FN), and their harmonic mean.
        """
        columns = precision_recall_fscore_support(
            self._labels,
            self._device_class,
            labels=range(len(self._classes)),
            zero_division=0,
        )
        return [
            ClassScore(name, float(precision), float(recall), float(f1), int(support))
            for name, precision, recall, f1, support in zip(self._classes, *columns, strict=True)
        ]

    @cached_property
    def confusion(self) -> Ints:
        """Images by label (row) and by the device's class (column): int64, classes x classes."""
        matrix: Ints = confusion_matrix(
            self._labels, self._device_class, labels=range(len(self._classes))
        )
        return matrix


def _real(outputs: list[NDArray[Any]], spec: TensorSpec) -> Floats:
    """The real values: images x outputs."""
    raw = np.stack(outputs)
    real = spec.dequantize(raw) if raw.dtype == spec.dtype else raw
    return real.astype(np.float64)


def _real_threshold(record: InputRecord, spec: TensorSpec) -> float:
    is_raw = record.output.dtype == spec.dtype
    return float(spec.dequantize(np.array(record.threshold))) if is_raw else record.threshold


def _equal_bytes(output: NDArray[Any], expected: NDArray[Any]) -> int:
    one, other = (np.frombuffer(array.tobytes(), np.uint8) for array in (output, expected))
    return int(np.count_nonzero(one == other))


def top_k_accuracy(labels: Ints, scores: Floats, k: int) -> float:
    """How often the label is among the ``k`` greatest scores, 0 to 1.

    Of equal scores the higher class comes first. Source: scikit-learn, ``top_k_accuracy_score``.

    Args:
        labels: of shape (images,).
        scores: of shape (images, classes), with more classes than ``k``.
    """
    return float(top_k_accuracy_score(labels, scores, k=k, labels=range(scores.shape[1])))


def _are_probabilities(scores: Floats) -> bool:
    return bool(scores.min() >= 0 and scores.max() <= 1)


def calibration_error(labels: Ints, scores: Floats) -> float:
    """Expected calibration error: how far confidence is from accuracy, 0 to 1.

    Images are binned by the confidence of their class, in ``ECE_BINS`` bins of equal width; the
    error is the mean of |accuracy - confidence| over the bins, weighted by their images. Source:
    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3.

    Args:
        labels: of shape (images,).
        scores: probabilities, of shape (images, classes).
    """
    confidence = scores.max(axis=1)
    correct = scores.argmax(axis=1) == labels
    # Bins are open below and closed above, as there.
    bins = np.ceil(confidence * ECE_BINS).astype(np.int64)
    error = 0.0
    for number in np.unique(bins):
        chosen = bins == number
        error += chosen.mean() * abs(correct[chosen].mean() - confidence[chosen].mean())
    return float(error)


def compare(device: Floats, host: Floats) -> dict[str, float]:
    """How far the device's real values are from the host's, in the columns of ST Edge AI.

    Over all values of all images, with e = device - host. Source: ST Edge AI Core, "Evaluation
    report and metrics", whose reference is the host here:

    - ``rmse``: sqrt(mean(e^2)); ``mae``: mean(|e|); ``mean`` and ``std`` of e;
    - ``l2r``: ||e|| / ||host||, the relative L2 error; 0 if both are 0;
    - ``nse``: 1 - sum(e^2) / sum((host - mean(host))^2), the Nash-Sutcliffe efficiency (Nash and
      Sutcliffe, 1970), which scikit-learn calls R2; 1 if they are equal, 0 if there is one value;
    - ``cos``: device . host / (||device|| ||host||); 1 if they are equal or point the same way.

    Of outputs that are not all numbers there is nothing.

    Args:
        device: of shape (images, outputs).
        host: the same.
    """
    if not (np.isfinite(device).all() and np.isfinite(host).all()):
        return {}
    error = (device - host).ravel()
    flat_device, flat_host = device.ravel(), host.ravel()
    norm, host_norm = np.linalg.norm(error), np.linalg.norm(flat_host)
    return {
        "rmse": float(root_mean_squared_error(flat_host, flat_device)),
        "mae": float(mean_absolute_error(flat_host, flat_device)),
        "l2r": float(norm / host_norm) if norm else 0.0,
        "mean": float(error.mean()),
        "std": float(error.std()),
        "nse": _efficiency(flat_device, flat_host) if norm else 1.0,
        "cos": float(cosine_similarity(flat_device[None], flat_host[None])[0, 0]) if norm else 1.0,
    }


def _efficiency(device: Floats, host: Floats) -> float:
    """See ``compare``; scikit-learn has none of a single value, and warns of it."""
    return float(r2_score(host, device)) if host.size > 1 else 0.0
