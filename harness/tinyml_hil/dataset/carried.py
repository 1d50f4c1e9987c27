"""Carried: inputs of a dataset that go where its files are not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.dataset.dataset import Dataset


class _Input(NamedTuple):
    """All that a dataset tells of one."""

    image: NDArray[Any]
    label: int
    truth: NDArray[np.float64] | None
    group: int
    name: str


class CarriedDataset(Dataset):
    """Some inputs of another dataset, under the same numbers, without its files."""

    def __init__(self, dataset: Dataset, indices: Iterable[int]) -> None:
        """Reads these inputs.

        Raises:
            UsageError: one of them cannot be read.
        """
        super().__init__(dataset.name, dataset.classes)
        self.what, self.notes, self.task = dataset.what, dataset.notes, dataset.task
        self._length = len(dataset)
        self._inputs = {index: _read(dataset, index) for index in indices}

    def __len__(self) -> int:
        return self._length

    def image(self, index: int) -> NDArray[Any]:
        return self._inputs[index].image

    def image_name(self, index: int) -> str:
        return self._inputs[index].name

    def label(self, index: int) -> int:
        return self._inputs[index].label

    def truth(self, index: int) -> NDArray[np.float64] | None:
        return self._inputs[index].truth

    def group(self, index: int) -> int:
        return self._inputs[index].group


def _read(dataset: Dataset, index: int) -> _Input:
    return _Input(
        np.array(dataset.image(index)),  # of its own: what is mapped from a file stays there
        dataset.label(index),
        dataset.truth(index),
        dataset.group(index),
        dataset.image_name(index),
    )
