"""Datasets: labelled images, and the layouts that they are read from."""

from __future__ import annotations

import io
import math
import os
import pickle
import struct
import zipfile
import zlib
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.dataset.folders import CIFAR10_CLASSES, find_images, open_source
from tinyml_hil.dataset.images import decode_image
from tinyml_hil.errors import UsageError
from tinyml_hil.words import shown

CIFAR10_IMAGE = (32, 32)
"""Height and width."""
CIFAR10_SHAPE = (3, *CIFAR10_IMAGE)

# The files of a split in CIFAR-10's own layouts, without the ending.
_BATCHES = {"test": "test_batch", "train": "data_batch_[1-9]"}

MLPERF_LABELS = "y_labels.csv"
_CHANNELS = ((), (1,), (3,))

# What reading a member of a damaged, encrypted or exotic zip may raise.
_UNREADABLE = (
    *(OSError, zipfile.BadZipFile, zlib.error, EOFError),
    *(RuntimeError, ValueError, MemoryError),
)
_PACKED = (".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_MOST_CLASSES = 1 << 16
_LARGEST_BATCH = 1 << 28
"""Bytes of a batch in CIFAR-10's Python layout; CIFAR-10's own have 31 MB."""
_LARGEST_READ = 1 << 30
"""Bytes of an array in a .npz that is read at once; of a larger one is read what is used."""
_ZIP_LENGTHS = 26
"""Where a member's own header in a .zip has the lengths of what follows it."""


class Dataset(ABC):
    """Labelled images in a fixed order."""

    notes: tuple[str, ...] = ()
    """What there is to say of how it was read, a sentence each that its name begins."""

    def __init__(self, name: str, classes: tuple[str, ...]) -> None:
        """``name`` says where it came from; ``classes`` are the names of the labels, by number."""
        self.name = name
        self.classes = tuple(map(shown, classes))

    @abstractmethod
    def __len__(self) -> int:
        """The number of images."""

    @abstractmethod
    def image(self, index: int) -> NDArray[np.uint8]:
        """Image ``index``: uint8 of shape height x width x channels: 3, red first, or 1."""

    @abstractmethod
    def label(self, index: int) -> int:
        """The class of image ``index``."""

    def image_name(self, index: int) -> str:
        """The file that image ``index`` is in; empty if it has none of its own."""
        return ""

    def title(self, index: int) -> str:
        """What to call image ``index``: its number, and its file if it has one."""
        name = self.image_name(index)
        return f"image {index}, {name}" if name else f"image {index}"

    def class_name(self, label: int) -> str:
        """The name of a class, or its number where it has none."""
        return self.classes[label] if 0 <= label < len(self.classes) else str(label)


class ArrayDataset(Dataset):
    """Images that are all in one array, in memory or mapped."""

    def __init__(
        self,
        name: str,
        classes: tuple[str, ...],
        images: NDArray[np.uint8],
        labels: NDArray[Any],
    ) -> None:
        """``images``: uint8, count x height x width x 3. ``labels``: integers, count."""
        super().__init__(name, classes)
        self._images = images
        self._labels = labels

    def __len__(self) -> int:
        return len(self._labels)

    def image(self, index: int) -> NDArray[np.uint8]:
        return np.ascontiguousarray(self._images[index])

    def label(self, index: int) -> int:
        return int(self._labels[index])


class FileDataset(Dataset):
    """Images that are one file each, decoded when they are asked for."""

    def __init__(
        self,
        name: str,
        classes: tuple[str, ...],
        files: list[tuple[str, int]],
        read: Callable[[str], bytes],
        decode: Callable[[bytes, str], NDArray[np.uint8]] = decode_image,
    ) -> None:
        """Reads nothing yet.

        Args:
            files: name and label of each image.
            read: gives the content of a named file.
            decode: makes pixels of a content; its second argument is for messages.
        """
        super().__init__(name, classes)
        self._files = files
        self._read = read
        self._decode = decode

    def __len__(self) -> int:
        return len(self._files)

    def image(self, index: int) -> NDArray[np.uint8]:
        name = self._files[index][0]
        try:
            content = self._read(name)
        except _UNREADABLE as error:
            raise UsageError(f"cannot read {shown(name)} in {self.name}: {error}") from error
        return self._decode(content, f"{self.name}: {shown(name)}")

    def image_name(self, index: int) -> str:
        return shown(self._files[index][0])

    def label(self, index: int) -> int:
        return self._files[index][1]


class JoinedDataset(Dataset):
    """Datasets of the same classes, one after the other."""

    def __init__(self, name: str, parts: Sequence[Dataset]) -> None:
        """``parts``: at least one."""
        super().__init__(name, parts[0].classes)
        self._parts = parts
        self._starts = list(accumulate((len(part) for part in parts), initial=0))

    def __len__(self) -> int:
        return self._starts[-1]

    def image(self, index: int) -> NDArray[np.uint8]:
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
) -> Dataset:
    """Reads a dataset, or the first ``count`` images of its split ``test`` or ``train``.

    ``classes`` is how many the model tells apart, for the numbers of class folders: those that are
    named as some of CIFAR-10's classes have CIFAR-10's numbers where there are ten, or it is None.

    The layout is recognised by what is there:

    - CIFAR-10 binary: ``test_batch.bin`` or ``data_batch_1.bin``... in a folder, or a ``.bin``
      file itself;
    - CIFAR-10 Python: ``test_batch`` or ``data_batch_1``... in a folder, or such a file itself;
    - NumPy: a ``.npz`` with ``images`` and ``labels``, or ``x`` and ``y``, or ``x_test`` and
      ``y_test``: uint8 of count x height x width (x channels), and whole numbers from 0;
    - MLPerf Tiny: ``y_labels.csv`` in a folder, with a name, the number of classes and a label a
      line, beside raw images of that name: ``.bin``, square, three bytes a pixel or one;
    - class folders: one folder a class, below ``test/`` and ``train/`` if there are such; in a
      folder or a ``.zip``.

    Raises:
        UsageError: there is nothing there, or it is none of these layouts, or it is damaged.
    """
    if not path.exists():
        raise UsageError(f"no dataset at {path}")
    dataset = _recognise(path, count, split, classes)
    if not len(dataset):
        raise UsageError(f"the dataset {path} holds no image")
    return dataset


def _recognise(path: Path, count: int | None, split: str, classes: int | None) -> Dataset:
    try:
        kind = path.suffix.lower()
        if kind in _PACKED:
            raise UsageError(f"{path} is packed: unpack it, and give what comes out")
        if kind == ".zip":
            return _class_folders(path, count, split, classes)
        if kind == ".npz":
            return _npz(path, count, split)
        if path.is_file():
            return _batch(path, count)
        if (path / MLPERF_LABELS).is_file():
            return _mlperf(path, count)
        for ending in (".bin", ""):
            if batches := sorted(path.glob(_BATCHES[split] + ending)):
                return _batches(path, batches, count)
        return _class_folders(path, count, split, classes)
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


def _npz(path: Path, count: int | None, split: str) -> Dataset:
    with zipfile.ZipFile(path) as archive:
        members = {m.filename.removesuffix(".npy"): m for m in archive.infolist()}
    for names in (("images", "labels"), ("x", "y"), (f"x_{split}", f"y_{split}")):
        if set(names) <= members.keys():
            images, labels = (_array(path, name, members[name]) for name in names)
            break
    else:
        raise UsageError(
            f"{path} has the arrays {', '.join(members)}; it needs images and labels, "
            f"or x and y, or x_{split} and y_{split}"
        )
    labels = labels.squeeze(1) if labels.ndim == 2 and labels.shape[1] == 1 else labels
    _require_arrays(path, images, labels)
    classes = tuple(map(str, range(int(labels.max()) + 1))) if len(labels) else ()
    images = images[..., None] if images.ndim == 3 else images
    return ArrayDataset(str(path), classes, images[:count], labels[:count])


def _array(path: Path, name: str, member: zipfile.ZipInfo) -> NDArray[Any]:
    if member.file_size <= _LARGEST_READ:
        with np.load(path, allow_pickle=False) as arrays:
            return np.asarray(arrays[name])
    if member.compress_type != zipfile.ZIP_STORED:
        raise UsageError(
            f"{path} has {member.file_size:,} bytes of {name}, compressed; more than "
            f"{_LARGEST_READ:,} have to be saved with numpy.savez, not savez_compressed"
        )
    return _mapped(path, member)


def _mapped(path: Path, member: zipfile.ZipInfo) -> NDArray[Any]:
    """An array that lies in a .npz as it is, of which is read what is used."""
    with path.open("rb") as file:
        file.seek(member.header_offset + _ZIP_LENGTHS)
        lengths = struct.unpack("<2H", file.read(4))  # of the name and of what follows it
        file.seek(sum(lengths), os.SEEK_CUR)
        read_header = (
            np.lib.format.read_array_header_1_0
            if np.lib.format.read_magic(file) == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, is_fortran, dtype = read_header(file)
        if dtype.hasobject:
            raise ValueError("there are Python objects in it")
        return np.memmap(path, dtype, "r", file.tell(), shape, "F" if is_fortran else "C")


def _require_arrays(path: Path, images: NDArray[Any], labels: NDArray[Any]) -> None:
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or images.shape[3:] not in _CHANNELS:
        raise UsageError(
            f"{path}: images are {images.dtype} of shape {images.shape}; they have to be uint8 of "
            "count x height x width, with 1 or 3 channels"
        )
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or len(labels) != len(images):
        raise UsageError(
            f"{path}: labels are {labels.dtype} of shape {labels.shape}; they have to be "
            f"{len(images)} whole numbers, one an image"
        )
    wrong = (labels < 0) | (labels >= _MOST_CLASSES)
    if wrong.any():
        first = int(wrong.argmax())
        raise UsageError(
            f"{path}: image {first} has the label {labels[first]}; labels are from 0 to "
            f"{_MOST_CLASSES - 1:,}"
        )


def _mlperf(path: Path, count: int | None) -> Dataset:
    table = path / MLPERF_LABELS
    files: list[tuple[str, int]] = []
    classes = 0
    for number, line in enumerate(table.read_text("utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            name, total, label = (part.strip() for part in line.split(","))
            files.append((name, int(label)))
            classes = max(classes, int(total))
        except ValueError as error:
            raise UsageError(f"{table}:{number}: {line!r} is not name,classes,label") from error
        if not 0 <= int(label) < int(total) <= _MOST_CLASSES:
            raise UsageError(f"{table}:{number}: the label {label} is none of {total} classes")
    names = tuple(map(str, range(classes)))
    return FileDataset(
        str(path), names, files[:count], lambda name: (path / name).read_bytes(), decode=_raw_image
    )


def _raw_image(content: bytes, name: str) -> NDArray[np.uint8]:
    """The pixels of a raw square image: uint8, height x width x 3 or 1."""
    for channels in (3, 1):
        side = math.isqrt(len(content) // channels)
        if content and side * side * channels == len(content):
            return np.frombuffer(content, np.uint8).reshape(side, side, channels)
    raise UsageError(f"{name} is {len(content)} bytes, which is no square image")


def _class_folders(path: Path, count: int | None, split: str, classes: int | None) -> Dataset:
    source = open_source(path)
    found = find_images(source, split, classes)
    if found is None:
        raise UsageError(
            f"{path} is no dataset with a {split} split: neither CIFAR-10's {_BATCHES[split]}, "
            f"with or without .bin, nor {MLPERF_LABELS}, nor one folder of images a class"
        )
    dataset = FileDataset(str(path), found.classes, found.files[:count], source.read)
    dataset.notes = found.notes
    return dataset
