"""Table: a CSV file, a line an input: its values, and in one column its label."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.dataset.truths import Labels, labels_of
from tinyml_hil.errors import UsageError
from tinyml_hil.words import shown

_LABELS = ("label", "class", "target")
"""What the column is called, in capitals or not; the first that is there."""
_ONE_OF_LABELS = "label_"
"""How the names of several columns begin."""
_DELIMITERS = ",;\t"


def read_table(path: Path, count: int | None, task: str) -> tuple[NDArray[np.float32], Labels]:
    """The values of the first ``count`` lines, and the labels of all.

    Values are real numbers, whatever they look like. Labels that are all whole numbers, such as 3
    or 3.0, are the numbers of their classes; those that are all numbers are real values; else the
    classes are in the order of their sorted names. Several columns of labels, each called
    ``label_`` and more, are numbers. ``task`` is what they are for, as of ``labels_of``.

    Raises:
        UsageError: there is no column of labels, or a value that is no number.
    """
    inputs: list[NDArray[np.float32]] = []
    labels: list[list[str]] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        delimiter = max(_DELIMITERS, key=header.count)
        names = next(csv.reader([header], delimiter=delimiter), [])
        columns = _label_columns(path, names)
        for line, cells in _lines(csv.reader(file, delimiter=delimiter)):
            if len(cells) != len(names):
                raise UsageError(
                    f"{path}:{line}: there are {len(cells)} columns, and {len(names)} names of them"
                )
            labels.append([_label(path, line, cells[column]) for column in columns])
            cells = [cell for i, cell in enumerate(cells) if i not in columns]
            if count is None or len(inputs) < count:
                inputs.append(_values(path, line, cells))
    values = np.stack(inputs) if inputs else np.empty((0, len(names) - len(columns)), np.float32)
    return values, labels_of(path, _as_array(path, labels, task), task)


def _label_columns(path: Path, names: list[str]) -> list[int]:
    plain = [name.strip().lower() for name in names]
    for name in _LABELS:
        if name in plain:
            return [plain.index(name)]
    if several := [i for i, name in enumerate(plain) if name.startswith(_ONE_OF_LABELS)]:
        return several
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


def _as_array(path: Path, labels: list[list[str]], task: str) -> NDArray[Any]:
    """A row a line; of one column, a value a line: numbers where all are, else names."""
    cells = [cell for row in labels for cell in row]
    is_one = not labels or len(labels[0]) == 1
    if is_one and task != "regression" and all(map(_is_whole, cells)):
        return _whole(cells)
    if all(map(_is_number, cells)) and (task or not is_one or _are_real(cells)):
        return np.array(cells, np.float64).reshape(len(labels), -1)
    if is_one and task != "regression":
        return np.array(cells, np.str_)
    wrong = next(cell for cell in cells if not _is_number(cell))
    raise UsageError(f"{path}: the label {shown(wrong)!r} is not a number")


def _are_real(cells: list[str]) -> bool:
    """Whether numbers are more than other names of classes, such as -1 and 1."""
    return not all(float(cell).is_integer() for cell in cells)


def _is_whole(cell: str) -> bool:
    """Whether it is a number of a class, also as what has float columns writes it."""
    return cell.isdecimal() or (_is_number(cell) and float(cell) >= 0 and float(cell).is_integer())


def _whole(cells: list[str]) -> NDArray[Any]:
    """As whole numbers; those that have no place in 64 bits are too large for a class, too."""
    numbers = (int(cell) if cell.isdecimal() else int(float(cell)) for cell in cells)
    return np.array([min(number, 1 << 62) for number in numbers], np.int64)
