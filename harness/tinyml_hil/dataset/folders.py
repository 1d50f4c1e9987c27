"""Class folders: which inputs there are in a folder or a zip, and of which class each is."""

from __future__ import annotations

import os
import re
import stat
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tinyml_hil.dataset.images import LARGEST_FILE
from tinyml_hil.dataset.input_file import input_suffixes
from tinyml_hil.errors import UsageError
from tinyml_hil.words import shown

# In the order of their labels: cs.toronto.edu/~kriz/cifar.html, batches.meta.
CIFAR10_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
_SPLITS = {
    "test": {"test", "testing"},
    "train": {"train", "training"},
    "validation": {"val", "valid", "validation"},
}
_LEFT_BEHIND = {"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "@eadir"}
"""What operating systems leave behind, beside all whose names begin with a dot."""
_NUMBERED = re.compile(r"(\d+)(?:[ _.-].*)?")
_SHOWN = 3

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Files, in a folder or a zip."""

    path: Path
    files: dict[str, Parts]
    """The parts of each file's path, by the name that ``read`` takes."""
    read: Callable[[str], bytes]
    """The content of a named file; what it raises, the file's reader has to name."""
    empty: tuple[str, ...] = ()
    """The folders that hold nothing at all."""

    @contextmanager
    def place(self, name: str) -> Iterator[Path]:
        """A named file as one on the disk, for as long as it is used.

        Raises:
            as ``read``.
        """
        if self.path.is_dir():
            yield self.path / name
            return
        with tempfile.TemporaryDirectory(prefix="tinyml-hil-input-") as folder:
            file = Path(folder, self.files[name][-1])
            file.write_bytes(self.read(name))
            yield file


@dataclass(frozen=True)
class ClassFolders:
    """The images of a source."""

    classes: tuple[str, ...]
    files: list[tuple[str, int]]
    """Name and label of each, the classes in turn."""
    notes: tuple[str, ...]
    """What was passed over, and why, a sentence each."""


def open_source(path: Path) -> Source:
    """What a folder or a zip holds.

    Raises:
        OSError, zipfile.BadZipFile: it cannot be read, or a folder in it.
    """
    if path.is_dir():
        names, empty = _walk(path)
        files = {name: PurePosixPath(name).parts for name in names}
        return Source(path, files, lambda name: _read_file(path / name), tuple(sorted(empty)))
    archive = zipfile.ZipFile(path)
    # A zip that was made on Windows may have the separators of Windows.
    members = [name for name in archive.namelist() if not name.endswith(("/", "\\"))]
    files = {name: PurePosixPath(name.replace("\\", "/")).parts for name in members}
    return Source(path, files, lambda name: _read_member(archive, name))


def _walk(root: Path) -> tuple[list[str], list[str]]:
    """The files below a folder, also behind links, each folder once; and the empty folders."""
    seen: set[tuple[int, int]] = set()
    found: list[str] = []
    empty: list[str] = []

    def refuse(error: OSError) -> None:
        raise error

    for folder, folders, files in os.walk(root, onerror=refuse, followlinks=True):
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        here = Path(folder).relative_to(root)
        found += [(here / file).as_posix() for file in files]
        if not (folders or files):
            empty.append(here.as_posix())
    return found, empty


def _read_file(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is no file")
    with path.open("rb") as file:
        return _bounded(file.read(LARGEST_FILE + 1))


def _read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        return _bounded(file.read(LARGEST_FILE + 1))


def _bounded(content: bytes) -> bytes:
    if len(content) > LARGEST_FILE:
        raise ValueError(f"it is larger than {LARGEST_FILE:,} bytes")
    return content


def find_images(
    source: Source, split: str, class_count: int | None, any_format: bool = False
) -> ClassFolders | None:
    """The images of a split; None if the source has no class folders with images for it.

    Args:
        split: ``test`` or ``train``: what is below such a folder, if there is one at all.
        class_count: how many classes there are to be; None if that is not known.
        any_format: inputs are not what is decoded here, but files of the ending that most have.

    Raises:
        UsageError: a folder's name is no text.
    """
    files = {n: parts for n, parts in source.files.items() if not _is_left_behind(parts)}
    taken = _most_common(files) if any_format else input_suffixes()
    images = {n: parts for n, parts in files.items() if _suffix(n) in taken}
    notes = _note("folder", list(source.empty), "it is empty", "they are empty")
    wanted = f"not what most files are, {''.join(taken)}" if any_format else "no image format"
    notes += _of_others([n for n in files if n not in images], wanted)
    below = _common_folder_off(_of_split(images, split))
    if below and all(len(parts) == 1 for parts in below.values()):
        return None
    beside = sorted(n for n, parts in below.items() if len(parts) == 1)
    notes += _note("file", beside, "it lies beside the class folders", "they lie beside them")
    below = {n: parts for n, parts in below.items() if len(parts) > 1}
    if not below:
        return None
    level = _class_level(list(below.values()), class_count)
    found = {parts[level] for parts in below.values()}
    _require_text(source.path, found)
    classes, number, said = _numbered(found, class_count)
    labelled = [(n, number[parts[level]]) for n, parts in sorted(below.items())]
    return ClassFolders(classes, _interleave(labelled), notes + said)


def _is_left_behind(parts: Parts) -> bool:
    return any(part.startswith(".") or part.lower() in _LEFT_BEHIND for part in parts)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _most_common(files: dict[str, Parts]) -> frozenset[str]:
    """The ending of most files that lie in a folder; of as many, the first by name."""
    counts = Counter(_suffix(name) for name, parts in sorted(files.items()) if len(parts) > 1)
    return frozenset(suffix for suffix, _ in counts.most_common(1))


def _of_others(names: list[str], wanted: str) -> tuple[str, ...]:
    """One note for each kind of file that is not what is wanted."""
    notes: tuple[str, ...] = ()
    for suffix in sorted({_suffix(name) for name in names}):
        alike = sorted(name for name in names if _suffix(name) == suffix)
        kind = f"{shown(suffix)} is {wanted}"
        why = (kind, kind) if suffix else ("it has no ending", "they have none")
        notes += _note("file", alike, *why)
    return notes


def _note(what: str, names: list[str], one: str, several: str) -> tuple[str, ...]:
    if not names:
        return ()
    listed = ", ".join(map(shown, names[:_SHOWN])) + (", ..." if len(names) > _SHOWN else "")
    count = f"1 {what}" if len(names) == 1 else f"{len(names):,} {what}s"
    return (f"passes over {count}, since {one if len(names) == 1 else several}: {listed}",)


def _of_split(images: dict[str, Parts], split: str) -> dict[str, Parts]:
    """What is below the split's folder, from there on; all, where there is no split at all."""
    splits = {name: _split_of(parts) for name, parts in images.items()}
    if not any(kind for kind, _ in splits.values()):
        return images
    return {name: images[name][after:] for name, (kind, after) in splits.items() if kind == split}


def _split_of(parts: Parts) -> tuple[str, int]:
    """The split that a file is of, or nothing, and how many parts lead there."""
    for index, part in enumerate(parts[:-2]):
        for split, names in _SPLITS.items():
            if part.lower() in names:
                return split, index + 1
    return "", 0


def _common_folder_off(images: dict[str, Parts]) -> dict[str, Parts]:
    """The paths without the folders that all of them are in, except for the last such."""
    folders = [parts[:-1] for parts in images.values()]
    common = 0
    while len({parts[: common + 1] for parts in folders}) == 1 and len(folders[0]) > common:
        common += 1
    # If there is nothing else, the last of them is a class folder.
    if all(len(parts) == common for parts in folders):
        common = max(common - 1, 0)
    return {name: parts[common:] for name, parts in images.items()}


def _class_level(paths: list[Parts], class_count: int | None) -> int:
    """Which part of the paths is the class.

    It is the folder that an image lies in. Where some lie deeper, what is deeper is no class; and
    where folders lie in folders, it is the level that has as many as there are to be classes.
    """
    deepest = min(len(parts) for parts in paths) - 2
    counts = {level: len({parts[level] for parts in paths}) for level in range(deepest + 1)}
    fitting = [level for level, count in counts.items() if count == class_count]
    return deepest if deepest in fitting or not fitting else fitting[-1]


def _require_text(path: Path, names: Iterable[str]) -> None:
    """Refuses what is no text, as the run's files and pages need it."""
    for name in sorted(names):
        try:
            name.encode()
        except UnicodeEncodeError:
            message = f"{path}: the folder {name!r} is not named in UTF-8: rename it"
            raise UsageError(message) from None


def _numbered(
    found: set[str], class_count: int | None
) -> tuple[tuple[str, ...], dict[str, int], tuple[str, ...]]:
    """The classes in their order, the number of each folder, and what there is to say of that."""
    in_order = sorted(found)
    if found <= set(CIFAR10_CLASSES) and class_count in (None, len(CIFAR10_CLASSES)):
        return CIFAR10_CLASSES, {name: CIFAR10_CLASSES.index(name) for name in found}, ()
    numbers = _leading_numbers(found)
    if not numbers:
        return tuple(in_order), {name: i for i, name in enumerate(in_order)}, ()
    by_number = sorted(found, key=numbers.__getitem__)
    said: tuple[str, ...] = ()
    if by_number != in_order:
        said = (
            "numbers the classes as their folders are numbered, though some trainings sort them as "
            f"text ({', '.join(map(shown, in_order[:_SHOWN]))}, ...): --labels gives the order",
        )
    if class_count and len(found) < class_count and max(numbers.values()) < class_count:
        names = {number: name for name, number in numbers.items()}
        return tuple(names.get(i, str(i)) for i in range(class_count)), numbers, said
    return tuple(by_number), {name: i for i, name in enumerate(by_number)}, said


def _leading_numbers(names: set[str]) -> dict[str, int]:
    """The number that each name begins with; none if not all do, or two are the same."""
    matches = {name: _NUMBERED.fullmatch(name) for name in names}
    numbers = {name: int(match[1]) for name, match in matches.items() if match}
    unique = Counter(numbers.values())
    return numbers if len(numbers) == len(names) == len(unique) else {}


def _interleave(files: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The classes in turn, so that the first images of a dataset are of every class."""
    seen: dict[int, int] = {}
    keys = []
    for name, label in files:
        seen[label] = seen.get(label, -1) + 1
        keys.append((seen[label], label, name))
    return [(name, label) for _, label, name in sorted(keys)]
