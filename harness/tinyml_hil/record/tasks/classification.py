"""Classification: one class an input, that of the greatest score, or by a single score."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tinyml_hil.model import class_scores
from tinyml_hil.record.input_record import InputRecord
from tinyml_hil.record.tasks.base import (
    SIDES,
    ClassScore,
    Floats,
    Ints,
    Records,
    Score,
    Side,
    Task,
)

TOP_K = 5
ECE_BINS = 15
"""As many as Guo et al. have; see ``calibration_error``."""


class Classification(Task):
    """A record's label is a class."""

    name = "classification"
    measures = ("accuracy",)
    texts = {  # noqa: RUF012
        "accuracy": "top-1",
        "top5": "top-5",
        "ece": "calibration error (ECE)",
    }

    on_device = True

    @property
    def class_count(self) -> int | None:
        return len(self.classes)

    def label(self, record: InputRecord) -> str:
        return self.class_name(record.label)

    def answer(self, record: InputRecord, side: Side) -> str:
        return self.class_name(_class(record, side))

    def is_right(self, record: InputRecord, side: Side) -> bool:
        return _class(record, side) == record.label

    def score(self, records: Records, side: Side) -> float:
        return self._correct(records, side) / len(records)

    def totals(self, records: Records) -> list[tuple[str, str]]:
        correct = f"{self._correct(records, 'device'):,}/{len(records):,}"
        accuracies = [(f"accuracy, {side}", f"{self.score(records, side):.1%}") for side in SIDES]
        return [("correct on the device", correct), *accuracies]

    def disagreement(self, records: Records) -> str:
        device, host = (self._correct(records, side) for side in SIDES)
        if device == host:
            return ""
        return f"the device gets {device} of {len(records)} right, the host {host}"

    def sentence(self, numbers: Mapping[str, float]) -> str:
        if not {"accuracy_device", "accuracy_host"} <= numbers.keys():
            return ""
        device, host = (self.show("accuracy", numbers[f"accuracy_{side}"]) for side in SIDES)
        return f"the device is right in {device} of the images, the host in {host}"

    @property
    def guess(self) -> float | None:
        return 1 / len(self.classes) if self.classes else None

    def scores(self, record: InputRecord) -> list[Score]:
        device, host = (class_scores(self.real(record, side), self.middle) for side in SIDES)
        known = np.flatnonzero(~np.isnan(device)).tolist()  # what was printed, if it was
        known.sort(key=lambda number: (-device[number], -host[number]))
        return [
            Score(self.class_name(i), float(device[i]), float(host[i]), i == record.label)
            for i in known
        ]

    def numbers(self, records: Records) -> dict[str, float]:
        # Here, since scikit-learn takes a second to load.
        from sklearn.metrics import accuracy_score

        labels = np.array([record.label for record in records])
        found: dict[str, float] = {}
        for side in SIDES:
            scores = class_scores(self.stacked(records, side), self.middle)
            found[f"accuracy_{side}"] = self.score(records, side)
            if len(self.classes) > TOP_K and np.isfinite(scores).all():
                found[f"top{TOP_K}_{side}"] = top_k_accuracy(labels, scores, TOP_K)
            if _are_probabilities(scores):
                found[f"ece_{side}"] = calibration_error(labels, scores)
        present = [score for score in self.per_class(records) if score.support]
        for name in ("precision", "recall", "f1"):
            found[f"{name}_macro"] = float(np.mean([getattr(score, name) for score in present]))
        classes = (_classes(records, side) for side in SIDES)
        return found | {"diff_acc": float(accuracy_score(*classes))}

    def per_class(self, records: Records) -> list[ClassScore]:
        """Precision, recall and F1 of the device, class by class; 0 where there is nothing.

        Source: scikit-learn, ``precision_recall_fscore_support``: TP / (TP + FP),
        TP / (TP + FN), and their harmonic mean.
        """
        from sklearn.metrics import precision_recall_fscore_support, recall_score

        labels = [record.label for record in records]
        numbers = range(len(self.classes))
        device, host = (_classes(records, side) for side in SIDES)
        columns = precision_recall_fscore_support(labels, device, labels=numbers, zero_division=0)
        recalls = recall_score(labels, host, labels=numbers, average=None, zero_division=0)
        given = np.bincount(device, minlength=len(self.classes))
        return [
            ClassScore(
                name=name,
                precision=float(precision),
                recall=float(recall),
                host_recall=float(host_recall),
                f1=float(f1),
                support=int(support),
                given=int(count),
            )
            for name, precision, recall, f1, support, host_recall, count in zip(
                self.classes, *columns, recalls, given, strict=True
            )
        ]

    def confusion(self, records: Records) -> Ints:
        """Images by label (row) and by the device's class (column): int64, classes x classes."""
        from sklearn.metrics import confusion_matrix

        labels = [record.label for record in records]
        matrix: Ints = confusion_matrix(
            labels, _classes(records, "device"), labels=range(len(self.classes))
        )
        return matrix

    def _correct(self, records: Records, side: Side) -> int:
        return sum(self.is_right(record, side) for record in records)


def _class(record: InputRecord, side: Side) -> int:
    return record.device_class if side == "device" else record.host_class


def _classes(records: Records, side: Side) -> Ints:
    return np.array([_class(record, side) for record in records], np.int64)


def top_k_accuracy(labels: Ints, scores: Floats, k: int) -> float:
    """How often the label is among the ``k`` greatest scores, 0 to 1.

    Of equal scores the higher class comes first. Source: scikit-learn, ``top_k_accuracy_score``.

    Args:
        labels: of shape (images,).
        scores: of shape (images, classes), with more classes than ``k``.
    """
    from sklearn.metrics import top_k_accuracy_score

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
