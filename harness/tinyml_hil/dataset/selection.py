"""Selections: which inputs of a dataset a run takes, and what their classes are called."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from itertools import chain, islice, zip_longest
from pathlib import Path

import numpy as np

from tinyml_hil.dataset.dataset import Dataset, DatasetView
from tinyml_hil.errors import UsageError
from tinyml_hil.words import shown

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SHOWN = 10
"""Names of a list in a message."""


class SelectedDataset(DatasetView):
    """Some inputs of another dataset."""

    def __init__(self, dataset: Dataset, indices: Sequence[int]) -> None:
        """``indices``: of the inputs, in the order that they get here."""
        super().__init__(dataset, dataset.classes)
        self._indices = indices

    def __len__(self) -> int:
        return len(self._indices)

    def _at(self, index: int) -> int:
        return self._indices[index]


class NamedDataset(DatasetView):
    """Another dataset, whose classes have other names, or other numbers, or both."""

    def __init__(self, dataset: Dataset, classes: tuple[str, ...], numbers: Sequence[int]) -> None:
        """``numbers``: for each of the dataset's own labels, the one that it gets here."""
        super().__init__(dataset, classes)
        self._numbers = numbers

    def label(self, index: int) -> int:
        # Of what has no classes of its own, a label is no class.
        return self._numbers[super().label(index)] if self._numbers else 0


def sample(dataset: Dataset, chosen: str) -> Dataset:
    """``N`` inputs drawn by ``SEED``, as many of each class as there are, in the dataset's order.

    Args:
        chosen: ``SEED:N``, two whole numbers; the same seed draws the same inputs.

    Raises:
        UsageError: it is something else, or the dataset has fewer.
    """
    match = re.fullmatch(r"(\d+):(\d+)", chosen)
    if not match or not int(match[2]):
        raise UsageError(f"--sample is {chosen!r}; it is SEED:N, such as 7:1000")
    seed, count = int(match[1]), int(match[2])
    if count > len(dataset):
        raise UsageError(
            f"--sample={chosen}, but {dataset.name} has {len(dataset):,} {dataset.what}s only"
        )
    labels = np.array([dataset.label(i) for i in range(len(dataset))])
    random = np.random.default_rng(seed)
    shuffled = [random.permutation(np.flatnonzero(labels == k)) for k in np.unique(labels)]
    in_turn = (i for i in chain.from_iterable(zip_longest(*shuffled)) if i is not None)
    return SelectedDataset(dataset, sorted(int(i) for i in islice(in_turn, count)))


def read_labels(path: Path) -> tuple[str, ...]:
    """The class names in a file, one a line, in the order of the model's outputs.

    It is UTF-8, or UTF-16 with a byte order mark. Where each line begins with its own number, from
    0, as Teachable Machine writes them, the numbers are no part of the names.

    Raises:
        UsageError: it cannot be read, is empty, or has a name twice.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read the labels {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"cannot read the labels {path}: {error}") from error
    names = _without_numbers([line.strip() for line in text.splitlines() if line.strip()])
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        raise UsageError(f"{path}: {'a name twice: ' + ', '.join(twice) if twice else 'no names'}")
    return tuple(map(shown, names))


def _without_numbers(lines: list[str]) -> list[str]:
    matches = [re.fullmatch(rf"{i}[\s:,]+(\S.*)", line) for i, line in enumerate(lines)]
    names = [match[1] for match in matches if match]
    return names if len(names) == len(lines) else lines


def with_classes(dataset: Dataset, names: tuple[str, ...]) -> Dataset:
    """The dataset with these classes.

    A dataset that knows its classes by name, such as class folders, keeps the names and gets these
    numbers; one that has numbers only keeps them and gets these names.

    Raises:
        UsageError: the dataset has a class that is none of these.
    """
    if not has_names(dataset):
        if len(dataset.classes) > len(names):
            raise UsageError(
                f"{dataset.name} has labels up to {len(dataset.classes) - 1}, "
                f"but there are {len(names)} names only"
            )
        return NamedDataset(dataset, names, range(len(dataset.classes)))
    used = {dataset.class_name(dataset.label(i)) for i in range(len(dataset))}
    if unknown := sorted(used - set(names)):
        unused = [name for name in names if name not in used]
        raise UsageError(
            f"{dataset.name} has classes without a label: {_listed(unknown)}; "
            + (f"labels without an {dataset.what}: {_listed(unused)}; " if unused else "")
            + "name both alike, the class folders and --labels"
        )
    numbers = [names.index(name) if name in names else -1 for name in dataset.classes]
    return NamedDataset(dataset, names, numbers)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def has_names(dataset: Dataset) -> bool:
    """Whether the classes are more than numbers."""
    return dataset.classes != tuple(map(str, range(len(dataset.classes))))
