"""Table: a CSV file, a line an input: its values, and in one column its label."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.dataset.arrays import numbered
from tinyml_hil.errors import UsageError
from tinyml_hil.words import shown

_LABELS = ("label", "class", "target")
"""What the column is called, in capitals or not; the first that is there."""
_DELIMITERS = ",;\t"


def read_table(
    path: Path, count: int | None
) -> tuple[NDArray[np.float32], NDArray[Any], tuple[str, ...]]:
    """The values of the first ``count`` lines, the number of each class, and all classes' names.

    Values are real numbers, whatever they look like. Labels that are all whole numbers are the
    numbers of their classes; else the classes are in the order of their sorted names.

    Raises:
        UsageError: there is no column of labels, or a value that is no number.
    """
    inputs: list[NDArray[np.float32]] = []
    labels: list[str] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        delimiter = max(_DELIMITERS, key=header.count)
        names = next(csv.reader([header], delimiter=delimiter), [])
        column = _label_column(path, names)
        for line, cells in _lines(csv.reader(file, delimiter=delimiter)):
            if len(cells) != len(names):
                raise UsageError(
                    f"{path}:{line}: there are {len(cells)} columns, and {len(names)} names of them"
                )
            labels.append(_label(path, line, cells.pop(column)))
            if count is None or len(inputs) < count:
                inputs.append(_values(path, line, cells))
    given = np.array(labels, np.str_)
    if all(label.isdecimal() for label in labels):
        given = _whole(given)
    numbers, classes = numbered(path, given)
    values = np.stack(inputs) if inputs else np.empty((0, len(names) - 1), np.float32)
    return values, numbers[: len(inputs)], classes


def _label_column(path: Path, names: list[str]) -> int:
    plain = [name.strip().lower() for name in names]
    for name in _LABELS:
        if name in plain:
            return plain.index(name)
    raise UsageError(
        f"{path} has no column of labels: its first line names the columns, and one of them is "
        f"called {_LABELS[0]} (or {' or '.join(_LABELS[1:])}); all others are the input's values"
    )


def _lines(rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not blank, with their numbers in the file, whose first has names."""
    for number, cells in enumerate(rows, start=2):
        if any(cell.strip() for cell in cells):
            yield number, cells


def _label(path: Path, line: int, cell: str) -> str:
    if not cell.strip():
        raise UsageError(f"{path}:{line}: there is no label")
    return cell.strip()


def _values(path: Path, line: int, cells: list[str]) -> NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):  # what float32 cannot have is infinite
            return np.array([float(cell) for cell in cells]).astype(np.float32)
    except ValueError:
        wrong = next(cell for cell in cells if not _is_number(cell))
        raise UsageError(f"{path}:{line}: {shown(wrong)!r} is not a number") from None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _whole(labels: NDArray[np.str_]) -> NDArray[Any]:
    """As whole numbers; those that have no place in 64 bits are too large for a class, too."""
    return np.array([min(int(label), 1 << 62) for label in labels.tolist()], np.int64)
