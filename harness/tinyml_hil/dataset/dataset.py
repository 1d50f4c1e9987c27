"""Datasets: labelled inputs, images or tensors, and the layouts that they are read from."""

from __future__ import annotations

import csv
import io
import math
import pickle
import tokenize
import zipfile
import zlib
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.dataset.arrays import members_of, read_named, read_npz
from tinyml_hil.dataset.folders import CIFAR10_CLASSES, find_images, open_source
from tinyml_hil.dataset.front_end import FrontEnd
from tinyml_hil.dataset.input_file import decode_input, holds_tensor
from tinyml_hil.dataset.named_arrays import names_of_inputs, together
from tinyml_hil.dataset.table import read_table
from tinyml_hil.dataset.truths import MOST_CLASSES, Labels
from tinyml_hil.errors import UsageError
from tinyml_hil.words import shown

CIFAR10_IMAGE = (32, 32)
"""Height and width."""
CIFAR10_SHAPE = (3, *CIFAR10_IMAGE)

# The files of a split in CIFAR-10's own layouts, without the ending.
_BATCHES = {"test": "test_batch", "train": "data_batch_[1-9]"}

MLPERF_LABELS = "y_labels.csv"
_SIZE_AND_STEP = 2
"""Numbers of a window in there."""
_REAL = 4
"""Bytes of a real number."""
_IMAGES = 4
"""Dimensions of an array of images: count x height x width x channels."""

# What reading a member of a damaged, encrypted or exotic zip may raise.
_UNREADABLE = (
    *(OSError, zipfile.BadZipFile, zlib.error, EOFError),
    *(RuntimeError, ValueError, MemoryError, csv.Error),
    *(SyntaxError, tokenize.TokenError),  # of NumPy, which reads the header of a .npy as Python's
)
_PACKED = (".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_LARGEST_BATCH = 1 << 28
"""Bytes of a batch in CIFAR-10's Python layout; CIFAR-10's own have 31 MB."""


class Dataset(ABC):
    """Labelled inputs in a fixed order."""

    what: str = "image"
    """What an input is called: image, or input if it is a tensor."""
    notes: tuple[str, ...] = ()
    """What there is to say of how it was read, a sentence each that its name begins."""
    task: str = ""
    """What its labels are for, one of ``choices.TASKS``, if they are no classes; else empty."""

    def __init__(self, name: str, classes: tuple[str, ...]) -> None:
        """``name`` says where it came from; ``classes`` are the names of the labels, by number."""
        self.name = name
        self.classes = tuple(map(shown, classes))

    @abstractmethod
    def __len__(self) -> int:
        """The number of inputs."""

    @abstractmethod
    def image(self, index: int) -> NDArray[Any]:
        """Input ``index``: uint8 of height x width x channels (3, red first, or 1) if it is an
        image; else a tensor of numbers as they are stored.
        """

    @abstractmethod
    def label(self, index: int) -> int:
        """The class of input ``index``."""

    def truth(self, index: int) -> NDArray[np.float64] | None:
        """The label of input ``index`` if it is no class: its values, flat; else None."""
        return None

    def label_name(self, index: int) -> str:
        """The name of the class of input ``index``; empty if its label is none."""
        return self.class_name(self.label(index)) if self.truth(index) is None else ""

    def group(self, index: int) -> int:
        """The recording that input ``index`` is a part of: its own number if it is whole."""
        return index

    def image_name(self, index: int) -> str:
        """The file that input ``index`` is in; empty if it has none of its own."""
        return ""

    def title(self, index: int) -> str:
        """What to call input ``index``: its number, and its file if it has one."""
        name = self.image_name(index)
        return f"{self.what} {index}, {name}" if name else f"{self.what} {index}"

    def class_name(self, label: int) -> str:
        """The name of a class, or its number where it has none."""
        return self.classes[label] if 0 <= label < len(self.classes) else str(label)


class _InMemory(Dataset):
    """Inputs whose labels are all in one array, in memory or mapped."""

    def __init__(
        self,
        name: str,
        classes: tuple[str, ...],
        labels: NDArray[Any],
        truths: NDArray[np.float64] | None,
    ) -> None:
        """``labels``: integers, count. ``truths``: count x values, if they are no classes."""
        super().__init__(name, classes)
        self._labels = labels
        self._truths = truths

    def __len__(self) -> int:
        return len(self._labels)

    def label(self, index: int) -> int:
        return int(self._labels[index])

    def truth(self, index: int) -> NDArray[np.float64] | None:
        return None if self._truths is None else self._truths[index]


class ArrayDataset(_InMemory):
    """Inputs that are all in one array, in memory or mapped."""

    def __init__(
        self,
        name: str,
        classes: tuple[str, ...],
        inputs: NDArray[Any],
        labels: NDArray[Any],
        truths: NDArray[np.float64] | None = None,
    ) -> None:
        """``inputs``: count x shape; images if uint8 with channels. ``labels``: integers, count.

        ``truths``: of count x values, if the labels are no classes.
        """
        super().__init__(name, classes, labels, truths)
        is_images = inputs.dtype == np.uint8 and inputs.ndim == _IMAGES
        self.what = "image" if is_images else "input"
        self._inputs = inputs

    def image(self, index: int) -> NDArray[Any]:
        return np.ascontiguousarray(self._inputs[index])


class NamedArraysDataset(_InMemory):
    """Inputs of several tensors, each of which has an array for all inputs."""

    what = "input"

    def __init__(
        self,
        name: str,
        classes: tuple[str, ...],
        arrays: Mapping[str, NDArray[Any]],
        labels: NDArray[Any],
        truths: NDArray[np.float64] | None = None,
    ) -> None:
        """``arrays``: count x shape each, by the tensor's name. ``labels``, ``truths``: as of
        ``ArrayDataset``.
        """
        super().__init__(name, classes, labels, truths)
        self._arrays = arrays

    def image(self, index: int) -> NDArray[Any]:
        return together({name: array[index] for name, array in self._arrays.items()})


class FileDataset(Dataset):
    """Inputs that are one file each, decoded when they are asked for."""

    def __init__(
        self,
        name: str,
        classes: tuple[str, ...],
        files: list[tuple[str, int]],
        read: Callable[[str, str], NDArray[Any]],
    ) -> None:
        """Reads nothing yet.

        Args:
            files: name and label of each input.
            read: the input in a named file; the second is what messages call it.
        """
        super().__init__(name, classes)
        self.what = "input" if files and holds_tensor(files[0][0]) else "image"
        self._files = files
        self._read = read

    def __len__(self) -> int:
        return len(self._files)

    def image(self, index: int) -> NDArray[Any]:
        name = self._files[index][0]
        try:
            return self._read(name, f"{self.name}: {shown(name)}")
        except _UNREADABLE as error:
            raise UsageError(f"cannot read {shown(name)} in {self.name}: {error}") from error

    def image_name(self, index: int) -> str:
        return shown(self._files[index][0])

    def label(self, index: int) -> int:
        return self._files[index][1]


class DatasetView(Dataset):
    """Another dataset, which a subclass shows in another way; the rest is as it is there."""

    def __init__(self, dataset: Dataset, classes: tuple[str, ...]) -> None:
        """``classes``: as of ``Dataset``."""
        super().__init__(dataset.name, classes)
        self.what, self.notes, self.task = dataset.what, dataset.notes, dataset.task
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset)

    def image(self, index: int) -> NDArray[Any]:
        return self._dataset.image(self._at(index))

    def image_name(self, index: int) -> str:
        return self._dataset.image_name(self._at(index))

    def label(self, index: int) -> int:
        return self._dataset.label(self._at(index))

    def truth(self, index: int) -> NDArray[np.float64] | None:
        return self._dataset.truth(self._at(index))

    def group(self, index: int) -> int:
        return self._dataset.group(self._at(index))

    def _at(self, index: int) -> int:
        """Where input ``index`` is in the other dataset."""
        return index


class FrontEndDataset(DatasetView):
    """Another dataset, of whose arrays a front end makes the inputs."""

    def __init__(self, dataset: Dataset, front_end: FrontEnd) -> None:
        """Makes nothing yet."""
        super().__init__(dataset, dataset.classes)
        self.what = "input"
        self._front_end = front_end

    def image(self, index: int) -> NDArray[Any]:
        given = self._dataset.image(index)
        return self._front_end(given, f"{self.name}: {self._dataset.title(index)}")


class _Window(NamedTuple):
    """A part of a recording: the recording's number, and bytes in its file."""

    file: int
    start: int
    size: int


class WindowDataset(Dataset):
    """Windows of recordings of float32, little-endian, as MLPerf Tiny's ad01 has them."""

    what = "input"

    def __init__(
        self,
        folder: Path,
        classes: tuple[str, ...],
        files: list[tuple[str, int]],
        windows: list[_Window],
    ) -> None:
        """Reads nothing yet. ``files``: name and label of each recording."""
        super().__init__(str(folder), classes)
        self._folder, self._files, self._windows = folder, files, windows

    def __len__(self) -> int:
        return len(self._windows)

    def image(self, index: int) -> NDArray[Any]:
        window, name = self._windows[index], self.image_name(index)
        try:
            with (self._folder / self._files[window.file][0]).open("rb") as file:
                file.seek(window.start)
                content = file.read(window.size)
            return np.frombuffer(content, "<f4")
        except _UNREADABLE as error:
            raise UsageError(f"cannot read {name} in {self.name}: {error}") from error

    def image_name(self, index: int) -> str:
        return shown(self._files[self._windows[index].file][0])

    def label(self, index: int) -> int:
        return self._files[self._windows[index].file][1]

    def group(self, index: int) -> int:
        """The recording that the window is of."""
        return self._windows[index].file


class JoinedDataset(Dataset):
    """Datasets of the same classes, one after the other."""

    def __init__(self, name: str, parts: Sequence[Dataset]) -> None:
        """``parts``: at least one."""
        super().__init__(name, parts[0].classes)
        self.what = parts[0].what
        self._parts = parts
        self._starts = list(accumulate((len(part) for part in parts), initial=0))

    def __len__(self) -> int:
        return self._starts[-1]

    def image(self, index: int) -> NDArray[Any]:
        part, offset = self._find(index)
        return part.image(offset)

    def image_name(self, index: int) -> str:
        part, offset = self._find(index)
        return part.image_name(offset)

    def label(self, index: int) -> int:
        part, offset = self._find(index)
        return part.label(offset)

    def _find(self, index: int) -> tuple[Dataset, int]:
        part = bisect_right(self._starts, index) - 1
        return self._parts[part], index - self._starts[part]


def load_dataset(
    path: Path,
    count: int | None = None,
    split: str = "test",
    classes: int | None = None,
    front_end: FrontEnd | None = None,
    task: str = "",
) -> Dataset:
    """Reads a dataset, or the first ``count`` inputs of its split ``test`` or ``train``.

    ``front_end`` makes each input: of its file, whatever that holds, where it has one of its own,
    else of its array. ``classes`` is how many the model tells apart, for the numbers of class
    folders: those that are named as some of CIFAR-10's classes have CIFAR-10's numbers where there
    are ten, or it is None. ``task`` is what labels have to be for, one of ``choices.TASKS``; empty
    if they are to tell.

    The layout is recognised by what is there:

    - CIFAR-10 binary: ``test_batch.bin`` or ``data_batch_1.bin``... in a folder, or a ``.bin``
      file itself;
    - CIFAR-10 Python: ``test_batch`` or ``data_batch_1``... in a folder, or such a file itself;
    - NumPy: a ``.npz`` with ``images`` and ``labels``, ``inputs`` and ``labels``, ``x`` and ``y``,
      or ``x_test`` and ``y_test``: numbers of count x shape (images are uint8 of count x height x
      width, with or without channels), and whole numbers from 0, or names; or ``labels`` and an
      array of each of several tensors that an input is made of;
    - CSV: a ``.csv`` whose first line names its columns, of which one is ``label``;
    - MLPerf Tiny: ``y_labels.csv`` in a folder, with a name, the number of classes and a label a
      line, beside raw inputs of that name: ``.bin``, square images of three bytes a pixel or one,
      or else int8 as they are; with the bytes of a window and of its step, too, recordings of
      float32;
    - class folders: one folder a class, of images, ``.npy`` or ``.wav``, below ``test/`` and
      ``train/`` if there are such; in a folder or a ``.zip``.

    Raises:
        UsageError: there is nothing there, or it is none of these layouts, or it is damaged.
    """
    if not path.exists():
        raise UsageError(f"no dataset at {path}")
    dataset = _recognise(path, count, split, classes, front_end, task)
    if front_end and not isinstance(dataset, FileDataset):
        dataset = FrontEndDataset(dataset, front_end)
    if not len(dataset):
        raise UsageError(f"the dataset {path} holds no image")
    return dataset


def _recognise(
    path: Path,
    count: int | None,
    split: str,
    classes: int | None,
    front_end: FrontEnd | None,
    task: str,
) -> Dataset:
    try:
        kind = path.suffix.lower()
        if kind in _PACKED:
            raise UsageError(f"{path} is packed: unpack it, and give what comes out")
        if kind == ".zip":
            return _class_folders(path, count, split, classes, front_end)
        if kind == ".npz":
            return _npz(path, count, split, task)
        if kind == ".csv" and path.is_file():
            return _table(path, count, task)
        if path.is_file():
            return _batch(path, count)
        if (path / MLPERF_LABELS).is_file():
            return _mlperf(path, count, front_end)
        for ending in (".bin", ""):
            if batches := sorted(path.glob(_BATCHES[split] + ending)):
                return _batches(path, batches, count)
        return _class_folders(path, count, split, classes, front_end)
    except _UNREADABLE as error:
        raise UsageError(f"cannot read the dataset {path}: {error}") from error


def _batches(path: Path, batches: list[Path], count: int | None) -> Dataset:
    parts: list[Dataset] = []
    for batch in batches:
        rest = None if count is None else count - sum(map(len, parts))
        parts.append(_batch(batch, rest))
    return parts[0] if len(parts) == 1 else JoinedDataset(str(path), parts)


def _batch(path: Path, count: int | None) -> Dataset:
    return _cifar_binary(path, count) if path.suffix == ".bin" else _python(path, count)


def _cifar_binary(path: Path, count: int | None) -> Dataset:
    record = 1 + int(np.prod(CIFAR10_SHAPE))
    size = path.stat().st_size
    if size % record or not size:
        raise UsageError(
            f"{path} is {size} bytes; a CIFAR-10 binary file is a multiple of {record} bytes "
            "(a label and 3 x 32 x 32 pixels an image)"
        )
    records = np.memmap(path, dtype=np.uint8, mode="r").reshape(-1, record)[:count]
    labels = np.array(records[:, 0])
    _require_labels(path, labels)
    images = records[:, 1:].reshape(-1, *CIFAR10_SHAPE).transpose(0, 2, 3, 1)
    return ArrayDataset(str(path), CIFAR10_CLASSES, images, labels)


def _require_labels(path: Path, labels: NDArray[Any]) -> None:
    wrong = (labels < 0) | (labels >= len(CIFAR10_CLASSES))
    if wrong.any():
        first = int(wrong.argmax())
        raise UsageError(f"{path}: image {first} has the label {labels[first]}, not 0 to 9")


class _PlainUnpickler(pickle.Unpickler):
    """Loads arrays only: a pickle from elsewhere could otherwise run any code."""

    _ALLOWED = frozenset(
        {
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("_codecs", "encode"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a dataset")
        return super().find_class(module, name)


def _python(path: Path, count: int | None) -> Dataset:
    if path.stat().st_size > _LARGEST_BATCH:
        raise UsageError(f"{path} is too large for a batch of CIFAR-10's Python layout")
    try:
        batch = _PlainUnpickler(io.BytesIO(path.read_bytes()), encoding="bytes").load()
        labels = np.asarray(batch[b"labels"], dtype=np.int64)
        data = np.asarray(batch[b"data"], dtype=np.uint8)
        images = data.reshape(len(labels), *CIFAR10_SHAPE).transpose(0, 2, 3, 1)
    except Exception as error:  # a damaged pickle may raise anything
        reason = " ".join(str(error).split())
        raise UsageError(f"{path} is not a batch of CIFAR-10's Python layout: {reason}") from error
    _require_labels(path, labels)
    return ArrayDataset(str(path), CIFAR10_CLASSES, images[:count], labels[:count])


def _npz(path: Path, count: int | None, split: str, task: str) -> Dataset:
    if names := names_of_inputs(members_of(path)):
        arrays, labels = read_named(path, names, "labels", task)
        return _of_named(path, arrays, labels, count)
    inputs, labels = read_npz(path, split, task)
    return _labelled(path, inputs[:count], labels)


def _of_named(
    path: Path, arrays: Mapping[str, NDArray[Any]], labels: Labels, count: int | None
) -> Dataset:
    numbers, truths = labels.numbers[:count], labels.truths
    dataset = NamedArraysDataset(str(path), labels.classes, arrays, numbers, truths)
    dataset.task = labels.task
    return dataset


def _table(path: Path, count: int | None, task: str) -> Dataset:
    return _labelled(path, *read_table(path, count, task))


def _labelled(path: Path, inputs: NDArray[Any], labels: Labels) -> Dataset:
    """The inputs, of which there may be fewer than labels."""
    numbers, truths = labels.numbers[: len(inputs)], labels.truths
    dataset = ArrayDataset(str(path), labels.classes, inputs, numbers, truths)
    dataset.task = labels.task
    return dataset


def _mlperf(path: Path, count: int | None, front_end: FrontEnd | None) -> Dataset:
    table = path / MLPERF_LABELS
    files: list[tuple[str, int]] = []
    windows: list[_Window] = []
    classes = 0
    for number, line in enumerate(table.read_text("utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        name, total, label, *window = _of_line(f"{table}:{number}", line)
        files.append((name, label))
        classes = max(classes, total)
        windows += _windows_of(path / name, len(files) - 1, window) if window else []
    names = tuple(map(str, range(classes)))
    if windows and not front_end:
        return WindowDataset(path, names, files, windows[:count])

    def read(name: str, title: str) -> NDArray[Any]:
        file = path / name
        return front_end(file, title) if front_end else _raw(file.read_bytes(), title)

    dataset = FileDataset(str(path), names, files[:count], read)
    if front_end or (files and dataset.image(0).dtype != np.uint8):
        dataset.what = "input"
    return dataset


def _of_line(where: str, line: str) -> tuple[Any, ...]:
    """A name, how many classes there are, a label; and the bytes of a window and of its step."""
    name, *rest = (part.strip() for part in line.split(","))
    try:
        numbers = [int(part) for part in rest]
        total, label, *window = numbers
    except ValueError as error:
        raise UsageError(f"{where}: {line!r} is not name,classes,label") from error
    if not 0 <= label < total <= MOST_CLASSES:
        raise UsageError(f"{where}: the label {label} is none of {total} classes")
    if window and not (
        len(window) == _SIZE_AND_STEP and min(window) > 0 and window[0] % _REAL == 0
    ):
        raise UsageError(f"{where}: {line!r} is not name,classes,label,window,stride in bytes")
    return name, total, label, *window


def _windows_of(file: Path, number: int, window: Sequence[int]) -> list[_Window]:
    """The windows of a recording, which lie one behind the other or overlap."""
    size, step = window
    starts = range(0, file.stat().st_size - size + 1, step)
    return [_Window(number, start, size) for start in starts]


def _raw(content: bytes, name: str) -> NDArray[Any]:
    """The pixels of a raw square image: uint8, height x width x 3 or 1; else int8 in a row."""
    for channels in (3, 1):
        side = math.isqrt(len(content) // channels)
        if content and side * side * channels == len(content):
            return np.frombuffer(content, np.uint8).reshape(side, side, channels)
    if not content:
        raise UsageError(f"{name} is empty")
    return np.frombuffer(content, np.int8)


def _class_folders(
    path: Path, count: int | None, split: str, classes: int | None, front_end: FrontEnd | None
) -> Dataset:
    source = open_source(path)
    found = find_images(source, split, classes, any_format=front_end is not None)
    if found is None:
        raise UsageError(
            f"{path} is no dataset with a {split} split: neither CIFAR-10's {_BATCHES[split]}, "
            f"with or without .bin, nor {MLPERF_LABELS}, nor one folder of images (or .npy, or "
            ".wav) a class"
        )

    def read(name: str, title: str) -> NDArray[Any]:
        if front_end is None:
            return decode_input(source.read(name), title)
        with source.place(name) as file:
            return front_end(file, title)

    dataset = FileDataset(str(path), found.classes, found.files[:count], read)
    dataset.notes = found.notes
    if front_end:
        dataset.what = "input"
    return dataset
