"""Storage: the records of a run on disk, by line while it runs and as arrays when it ended."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.errors import UsageError
from tinyml_hil.files import write_atomically
from tinyml_hil.record.input_record import InputRecord

_COLUMNS = ("index", "label", "expected", "output", "ticks", "precision", "threshold")
"""The arrays in results.npz, in the order of a record's fields."""


def record_to_plain(record: InputRecord) -> dict[str, Any]:
    """The record as plain types, for JSON and for pytest-xdist."""
    return {
        "index": record.index,
        "label": record.label,
        "ticks": record.ticks,
        "precision": record.precision,
        "threshold": record.threshold,
        "dtype": record.output.dtype.name,
        "output": record.output.tobytes().hex(),
        "expected": record.expected.tobytes().hex(),
    }


def record_from_plain(content: dict[str, Any]) -> InputRecord:
    """The record that ``record_to_plain`` was given.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    return InputRecord(
        index=int(content["index"]),
        label=int(content["label"]),
        ticks=int(content["ticks"]),
        precision=float(content["precision"]),
        threshold=float(content["threshold"]),
        output=_array(content["dtype"], content["output"]),
        expected=_array(content["dtype"], content["expected"]),
    )


def _array(dtype: str, hexadecimal: str) -> NDArray[Any]:
    return np.frombuffer(bytes.fromhex(hexadecimal), np.dtype(dtype))


class Journal:
    """The records of a run that is not over yet: one line of JSON an image, in any order.

    What ``append`` was given is on the disk when it returns. A run that was killed while it wrote
    leaves a line that has no end; it is dropped when the journal is opened again.
    """

    def __init__(self, path: Path) -> None:
        """Opens the journal at ``path``, which may be there already.

        Raises:
            UsageError: it is damaged, elsewhere than at its end, or another process has it open.
            OSError: it cannot be written.
        """
        self.path = path
        self._file = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"the run is still under way: {path} is being written") from None
        self._file.seek(0)
        whole, newline, _ = self._file.read().rpartition(b"\n")
        self._file.truncate(len(whole) + len(newline))
        self.records = [self._parse(line) for line in whole.splitlines()]
        """What was there when it was opened."""

    def _parse(self, line: bytes) -> InputRecord:
        try:
            return record_from_plain(json.loads(line))
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{self.path} is damaged: {error}") from error

    def append(self, records: Iterable[InputRecord]) -> None:
        """Adds records, durably.

        Raises:
            OSError: they could not be written, all or some of them.
        """
        lines = "".join(json.dumps(record_to_plain(record)) + "\n" for record in records)
        self._file.write(lines.encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Closes the file."""
        with contextlib.suppress(OSError):  # what a full disk refused has been said already
            self._file.close()


def save_results(path: Path, records: Iterable[InputRecord]) -> None:
    """Writes results.npz, atomically: the records in the order of their indices.

    Raises:
        OSError: it could not be written.
    """
    ordered = sorted(records, key=lambda record: record.index)
    content = io.BytesIO()
    np.savez_compressed(
        content,
        index=np.array([r.index for r in ordered], np.int64),
        label=np.array([r.label for r in ordered], np.int32),
        output=np.stack([r.output for r in ordered]),
        expected=np.stack([r.expected for r in ordered]),
        ticks=np.array([r.ticks for r in ordered], np.int64),
        precision=np.array([r.precision for r in ordered], np.float64),
        threshold=np.array([r.threshold for r in ordered], np.float64),
    )
    write_atomically(path, content.getvalue())


def load_results(path: Path) -> list[InputRecord]:
    """The records in a results.npz, in the order of their indices.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            columns = [arrays[name] for name in _COLUMNS]
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"cannot read the results {path}: {error}") from error
    return [
        InputRecord(
            *(int(index), int(label), expected, output),
            *(int(ticks), float(precision), float(threshold)),
        )
        for index, label, expected, output, ticks, precision, threshold in zip(
            *columns, strict=True
        )
    ]
