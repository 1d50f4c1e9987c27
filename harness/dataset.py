"""Datasets: labelled images, and the layouts that they are read from."""

from __future__ import annotations

import io
import pickle
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from harness.errors import UsageError

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".ppm"}
CIFAR10_SHAPE = (3, 32, 32)
# In the order of their labels: cs.toronto.edu/~kriz/cifar.html, batches.meta.
CIFAR10_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)


# What reading a member of a damaged, encrypted or exotic zip may raise.
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)


class Dataset(ABC):
    """Labelled images in a fixed order."""

    def __init__(self, name: str, classes: tuple[str, ...]) -> None:
        """``name`` says where it came from; ``classes`` are the names of the labels, by number."""
        self.name = name
        self.classes = classes

    @abstractmethod
    def __len__(self) -> int:
        """The number of images."""

    @abstractmethod
    def image(self, index: int) -> NDArray[np.uint8]:
        """Image ``index``: uint8 of shape height x width x 3, red first."""

    @abstractmethod
    def label(self, index: int) -> int:
        """The class of image ``index``."""

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
    ) -> None:
        """``files``: name and label of each image. ``read`` gives the content of a named file."""
        super().__init__(name, classes)
        self._files = files
        self._read = read

    def __len__(self) -> int:
        return len(self._files)

    def image(self, index: int) -> NDArray[np.uint8]:
        name = self._files[index][0]
        try:
            content = self._read(name)
        except _UNREADABLE as error:
            raise UsageError(f"cannot read {name} in {self.name}: {error}") from error
        return decode_image(content, f"{self.name}: {name}")

    def label(self, index: int) -> int:
        return self._files[index][1]


def decode_image(content: bytes, name: str) -> NDArray[np.uint8]:
    """The pixels of an image file: uint8, height x width x 3, red first.

    Raises:
        UsageError: it is not an image that Pillow can decode.
    """
    try:
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    except UnidentifiedImageError as error:
        raise UsageError(f"{name} is not an image of a known format") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UsageError(f"{name} is a damaged image: {error}") from error


def load_dataset(path: Path, count: int | None = None) -> Dataset:
    """Reads a dataset, or the first ``count`` images of its test split.

    The layout is recognised by what is there:

    - CIFAR-10 binary: ``test_batch.bin`` in a folder, or a ``.bin`` file itself;
    - CIFAR-10 Python: ``test_batch`` in a folder, or that file itself;
    - class folders: one folder a class, below ``test/`` if there is one; in a folder or a ``.zip``.

    Raises:
        UsageError: there is nothing there, or it is none of these layouts, or it is damaged.
    """
    if not path.exists():
        raise UsageError(f"no dataset at {path}")
    dataset = _recognise(path, count)
    if not len(dataset):
        raise UsageError(f"the dataset {path} holds no image")
    return dataset


def _recognise(path: Path, count: int | None) -> Dataset:
    try:
        if path.suffix == ".zip":
            return _zip(path, count)
        if path.is_file():
            return _cifar_binary(path, count) if path.suffix == ".bin" else _python(path, count)
        if (path / "test_batch.bin").is_file():
            return _cifar_binary(path / "test_batch.bin", count)
        if (path / "test_batch").is_file():
            return _python(path / "test_batch", count)
        return _folder(path, count)
    except _UNREADABLE as error:
        raise UsageError(f"cannot read the dataset {path}: {error}") from error


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
    try:
        batch = _PlainUnpickler(io.BytesIO(path.read_bytes()), encoding="bytes").load()
        labels = np.asarray(batch[b"labels"], dtype=np.int64)
        data = np.asarray(batch[b"data"], dtype=np.uint8)
        images = data.reshape(len(labels), *CIFAR10_SHAPE).transpose(0, 2, 3, 1)
    except Exception as error:  # a damaged pickle may raise anything
        raise UsageError(f"{path} is not a batch of CIFAR-10's Python layout: {error}") from error
    _require_labels(path, labels)
    return ArrayDataset(str(path), CIFAR10_CLASSES, images[:count], labels[:count])


def _folder(path: Path, count: int | None) -> Dataset:
    names = [p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()]
    return _class_folders(path, names, lambda name: (path / name).read_bytes(), count)


def _zip(path: Path, count: int | None) -> Dataset:
    archive = zipfile.ZipFile(path)
    return _class_folders(path, archive.namelist(), archive.read, count)


def _class_folders(
    path: Path, names: list[str], read: Callable[[str], bytes], count: int | None
) -> Dataset:
    images = sorted(n for n in names if Path(n).suffix.lower() in IMAGE_SUFFIXES)
    tests = [n for n in images if "test" in Path(n).parts[:-2]]
    images = tests or images
    if any(len(Path(n).parts) < 2 for n in images) or not images:
        raise UsageError(
            f"{path} is no dataset: neither CIFAR-10's test_batch.bin or test_batch, "
            "nor one folder of images a class"
        )
    found = {Path(n).parts[-2] for n in images}
    # A part of CIFAR-10 keeps CIFAR-10's numbers.
    classes = CIFAR10_CLASSES if found <= set(CIFAR10_CLASSES) else tuple(sorted(found))
    number = {name: i for i, name in enumerate(classes)}
    files = [(n, number[Path(n).parts[-2]]) for n in images]
    return FileDataset(str(path), classes, _interleave(files)[:count], read)


def _interleave(files: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The classes in turn, so that the first images of a dataset are of every class."""
    seen: dict[int, int] = {}
    keys = []
    for name, label in files:
        seen[label] = seen.get(label, -1) + 1
        keys.append((seen[label], label, name))
    return [(name, label) for _, label, name in sorted(keys)]
