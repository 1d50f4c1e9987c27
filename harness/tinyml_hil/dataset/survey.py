"""Survey: one look at every input of a dataset before a run, which finds what would spoil it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.dataset.dataset import Dataset
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model


@dataclass(frozen=True)
class Survey:
    """What there is to know of a dataset's content."""

    sha256: str
    """Over label (int32, little endian; a float64 for each value if it is no class), shape (int32)
    and values of each input, in order."""
    duplicates: int
    """Inputs that are there before, with the same label."""


def survey_of(dataset: Dataset, model: Model) -> Survey:
    """Reads every input once, keeping none.

    Raises:
        UsageError: an input cannot be read or does not fit the model, a label is none of the
            model's classes, or the same input has two labels.
    """
    digest = hashlib.sha256()
    first: dict[bytes, int] = {}
    duplicates = 0
    for index in range(len(dataset)):
        image, label = dataset.image(index), dataset.label(index)
        _require_fit(dataset, index, image, model)
        content = np.array(image.shape, "<i4").tobytes() + image.tobytes()
        earlier = first.setdefault(hashlib.sha256(content).digest(), index)
        if dataset.label(earlier) != label:
            names = [dataset.class_name(dataset.label(i)) for i in (earlier, index)]
            raise UsageError(
                f"{dataset.name}: {dataset.what}s {earlier} and {index} are the same, "
                f"but labelled {' and '.join(names)}"
            )
        duplicates += earlier != index
        truth = dataset.truth(index)
        digest.update(np.array([label], "<i4").tobytes() + content)
        digest.update(b"" if truth is None else truth.astype("<f8").tobytes())
    return Survey(digest.hexdigest(), duplicates)


def _require_fit(dataset: Dataset, index: int, image: NDArray[Any], model: Model) -> None:
    try:
        model.input_of(image)
    except UsageError as error:
        raise UsageError(f"{dataset.name}: {dataset.title(index)}: {error}") from error
    if not 0 <= dataset.label(index) < model.class_count:
        raise UsageError(
            f"{dataset.name}: {dataset.title(index)} has the label {dataset.label(index)}; "
            f"{model.name} has {model.class_count} classes"
        )
