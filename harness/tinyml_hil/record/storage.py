"""Storage: the records of a run on disk, by line while it runs and as arrays when it ended."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from itertools import count, repeat, takewhile
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec
import numpy as np
from numpy.typing import NDArray

from tinyml_hil.files import write_atomically
from tinyml_hil.record.facts import Count
from tinyml_hil.record.input_record import UNSAID, InputRecord, OutputPair
from tinyml_hil.record.journal import LineJournal
from tinyml_hil.record.reading import damage_named

_COLUMNS = {
    "index": ("iu", 1),
    "label": ("iu", 1),
    "expected": ("iuf", 2),
    "output": ("iuf", 2),
    "ticks": ("iu", 1),
    "precision": ("f", 1),
    "threshold": ("f", 1),
    "said_class": ("i", 1),
    "said_label": ("i", 1),
    "unstable": ("iu", 1),
}
"""The arrays in results.npz, in the order of a record's fields: their kinds of number, as NumPy
calls them, and their dimensions."""
_SINCE = {"threshold": 0.0, "said_class": UNSAID, "said_label": UNSAID, "unstable": 0}
"""The arrays that runs of earlier versions may lack: their models had no single score, their
firmware named no class, and nothing was run twice. What the arrays would have had."""
_FURTHER = {"truth": ("f", 2), "group": ("i", 1), "ran_on": ("U", 1)}
"""The arrays that only some runs have."""
_LARGEST = 2**30
"""Bytes of all arrays of a small file: 100,000 images of 1,000 classes have less. A damaged one may
claim more than there is memory."""
_MOST_PACKED = 64
"""How many times its bytes a larger one has: results are packed to some tenth of them."""


_Said = Annotated[int, msgspec.Meta(ge=UNSAID)]


_Type = Literal["int8", "uint8", "int16", "int32", "int64", "bool", "float32", "float64"]


class _Pair(TypedDict):
    """A further output in the journal."""

    dtype: _Type
    output: str
    expected: str


class _Line(TypedDict):
    """A line of the journal."""

    index: Count
    label: Count
    ticks: Count
    precision: Annotated[float, msgspec.Meta(ge=0)]
    threshold: NotRequired[float]
    said_class: NotRequired[_Said]
    said_label: NotRequired[_Said]
    truth: NotRequired[str]
    group: NotRequired[Count]
    unstable: NotRequired[Count]
    ran_on: NotRequired[str]
    rest: NotRequired[list[_Pair]]
    dtype: _Type
    output: str
    expected: str


def record_to_plain(record: InputRecord) -> dict[str, Any]:
    """The record as plain types, for JSON and for pytest-xdist."""
    first, *rest = map(_pair_to_plain, record.pairs)
    return {
        "index": record.index,
        "label": record.label,
        "ticks": record.ticks,
        "precision": record.precision,
        "threshold": record.threshold,
        "said_class": record.said_class,
        "said_label": record.said_label,
        **first,
        **({"rest": rest} if rest else {}),
        **({} if record.truth is None else {"truth": _hex(record.truth)}),
        **({} if record.group is None else {"group": record.group}),
        **({"unstable": record.unstable} if record.unstable else {}),
        **({"ran_on": record.ran_on} if record.ran_on else {}),
    }


def _pair_to_plain(pair: OutputPair) -> dict[str, Any]:
    return {
        "dtype": pair.output.dtype.name,
        "output": pair.output.tobytes().hex(),
        "expected": pair.expected.tobytes().hex(),
    }


def _hex(truth: NDArray[np.float64]) -> str:
    return truth.astype("<f8").tobytes().hex()


def record_from_plain(content: dict[str, Any]) -> InputRecord:
    """The record that ``record_to_plain`` was given.

    Raises:
        ValueError: it is something else.
    """
    line = msgspec.convert(content, _Line)
    first = _pair_from_plain(line)
    return InputRecord(
        index=line["index"],
        label=line["label"],
        ticks=line["ticks"],
        precision=line["precision"],
        threshold=line.get("threshold", 0.0),
        said_class=line.get("said_class", UNSAID),
        said_label=line.get("said_label", UNSAID),
        truth=np.frombuffer(bytes.fromhex(line["truth"]), "<f8") if "truth" in line else None,
        group=line.get("group"),
        unstable=line.get("unstable", 0),
        ran_on=line.get("ran_on", ""),
        output=first.output,
        expected=first.expected,
        rest=tuple(map(_pair_from_plain, line.get("rest", ()))),
    )


def _pair_from_plain(pair: _Pair | _Line) -> OutputPair:
    output, expected = (
        np.frombuffer(bytes.fromhex(text), pair["dtype"])
        for text in (pair["output"], pair["expected"])
    )
    if not output.size or output.size != expected.size:
        raise ValueError(f"{output.size} outputs, where {expected.size} are expected")
    return OutputPair(expected, output)


class Journal(LineJournal[InputRecord]):
    """The records of a run that is not over yet, in any order."""

    def __init__(self, path: Path) -> None:
        """Raises as ``LineJournal``."""
        super().__init__(path, record_from_plain, record_to_plain)


def save_results(path: Path, records: Iterable[InputRecord]) -> None:
    """Writes results.npz, atomically: the records in the order of their indices.

    Raises:
        OSError: it could not be written.
    """
    ordered = sorted(records, key=lambda record: record.index)
    content = io.BytesIO()
    further: dict[str, Any] = _further_outputs(ordered)
    np.savez_compressed(
        content,
        index=np.array([r.index for r in ordered], np.int64),
        label=np.array([r.label for r in ordered], np.int32),
        output=np.stack([r.output for r in ordered]),
        expected=np.stack([r.expected for r in ordered]),
        ticks=np.array([r.ticks for r in ordered], np.int64),
        precision=np.array([r.precision for r in ordered], np.float64),
        threshold=np.array([r.threshold for r in ordered], np.float64),
        said_class=np.array([r.said_class for r in ordered], np.int32),
        said_label=np.array([r.said_label for r in ordered], np.int32),
        unstable=np.array([r.unstable for r in ordered], np.int64),
        **further,
        **_of_some_runs(ordered),
    )
    write_atomically(path, content.getvalue())


def _further_outputs(records: list[InputRecord]) -> dict[str, NDArray[Any]]:
    """Arrays of the outputs behind the first one, by their names in results.npz."""
    arrays = {}
    for number, pairs in enumerate(zip(*(r.rest for r in records), strict=True), start=1):
        arrays[f"output_{number}"] = np.stack([pair.output for pair in pairs])
        arrays[f"expected_{number}"] = np.stack([pair.expected for pair in pairs])
    return arrays


def _of_some_runs(records: list[InputRecord]) -> dict[str, Any]:
    """Those of the further arrays that the records of a run have.

    One that is whole is a group of its own: a recording has the number of its first window.
    """
    found: dict[str, Any] = {}
    truths = [record.truth for record in records if record.truth is not None]
    if len(truths) == len(records):
        found["truth"] = np.stack(truths).astype(np.float64)
    if any(record.group is not None for record in records):
        groups = [record.index if record.group is None else record.group for record in records]
        found["group"] = np.array(groups, np.int64)
    if any(record.ran_on for record in records):
        found["ran_on"] = np.array([record.ran_on for record in records], np.str_)
    return found


def load_results(path: Path, classes: int | None = None) -> list[InputRecord]:
    """The records in a results.npz, in the order of their indices.

    Args:
        classes: how many labels and outputs have; None if that is not known, or they are none.

    Raises:
        UsageError: it cannot be read, or does not hold the results of such a run.
    """
    with damage_named(path):
        columns, further = _columns(path)
        _require_results(columns)
        for pair in further:
            _require_outputs(*pair, len(columns["index"]))
        if classes is not None:
            _require_classes(columns, classes)
    rest = (
        zip(*(zip(*pair, strict=True) for pair in further), strict=True) if further else repeat(())
    )
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [
        _record(row, tuple(OutputPair(*pair) for pair in pairs))
        for row, pairs in zip(rows, rest, strict=False)
    ]


def _record(row: dict[str, Any], rest: tuple[OutputPair, ...]) -> InputRecord:
    """The record of a row, which has a value of each of the ``_COLUMNS``, and perhaps further."""
    return InputRecord(
        index=int(row["index"]),
        label=int(row["label"]),
        expected=row["expected"],
        output=row["output"],
        ticks=int(row["ticks"]),
        precision=float(row["precision"]),
        threshold=float(row["threshold"]),
        said_class=int(row["said_class"]),
        said_label=int(row["said_label"]),
        truth=row.get("truth"),
        group=int(row["group"]) if "group" in row else None,
        unstable=int(row["unstable"]),
        ran_on=str(row.get("ran_on", "")),
        rest=rest,
    )


_Arrays = dict[str, NDArray[Any]]
_Pairs = list[tuple[NDArray[Any], NDArray[Any]]]


def _columns(path: Path) -> tuple[_Arrays, _Pairs]:
    """The arrays of the first output, and what is expected and given of each further one."""
    packed = path.read_bytes()
    content = io.BytesIO(packed)
    try:
        with zipfile.ZipFile(content) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > max(_LARGEST, _MOST_PACKED * len(packed)):
            raise ValueError(f"it would unpack to {size:,} bytes")
        with np.load(content, allow_pickle=False) as arrays:
            known = (*_COLUMNS, *_FURTHER)
            found = {name: arrays[name] for name in known if name in arrays.files}
            further = [
                (arrays[f"expected_{number}"], arrays[f"output_{number}"])
                for number in takewhile(lambda n: f"output_{n}" in arrays.files, count(1))
            ]
    except Exception as error:  # damage may come to light as anything, in zipfile, zlib or NumPy
        raise ValueError(" ".join(f"{error}".split())) from error
    if "index" in found:
        for name, value in _SINCE.items():
            found.setdefault(name, np.full(found["index"].shape, value))
    if missing := [name for name in _COLUMNS if name not in found]:
        raise ValueError(f"it has no array {missing[0]}")
    return found, further


def _require_results(columns: dict[str, NDArray[Any]]) -> None:
    """Raises ValueError if these are no results of a run."""
    for name, column in columns.items():
        kinds, dimensions = (_COLUMNS | _FURTHER)[name]
        if column.dtype.kind not in kinds or column.ndim != dimensions:
            raise ValueError(f"{name} is {column.dtype} of shape {column.shape}")
    if len({len(column) for column in columns.values()}) > 1:
        raise ValueError("the arrays are not of one length")
    _require_outputs(columns["expected"], columns["output"], len(columns["index"]))
    for name in {"index", "label", "ticks", "group", "unstable"} & columns.keys():
        if (columns[name] < 0).any():
            raise ValueError(f"a number in {name} is below zero")
    for name in ("said_class", "said_label"):
        if (columns[name] < UNSAID).any():
            raise ValueError(f"{name} has what is no class")


def _require_outputs(expected: NDArray[Any], output: NDArray[Any], images: int) -> None:
    """Raises ValueError if these are no output of so many images."""
    if output.dtype != expected.dtype or output.shape[1:] != expected.shape[1:]:
        raise ValueError("the outputs of device and host are not of one type and shape")
    if {len(output), len(expected)} != {images}:
        raise ValueError("the arrays are not of one length")
    if output.ndim != 2 or not output.shape[1]:
        raise ValueError("an output has no values")


def _require_classes(columns: dict[str, NDArray[Any]], classes: int) -> None:
    """Raises ValueError if these are no results of a dataset with so many classes."""
    outputs = columns["output"].shape[1]
    if outputs not in (1, classes):  # one output may tell two classes apart
        raise ValueError(f"{outputs} outputs, where the run has {classes} classes")
    for name in ("label", "said_class", "said_label"):
        if (columns[name] >= classes).any():
            raise ValueError(f"a number in {name} is none of the run's {classes} classes")
