"""Arrays: labelled inputs in a NumPy .npz, of any size, and an input in a .npy."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.dataset.truths import Labels, labels_of
from tinyml_hil.errors import UsageError

_KINDS = "iuf"
"""Of values: whole numbers and floating-point ones."""
_NAMES = (("images", "labels"), ("inputs", "labels"), ("x", "y"))
_GREY = 3
"""Dimensions of images without channels, their count included."""
_LARGEST_READ = 1 << 30
"""Bytes of an array in a .npz that is read at once; of a larger one is read what is used."""
_ZIP_LENGTHS = 26
"""Where a member's own header in a .zip has the lengths of what follows it."""


def read_npz(path: Path, split: str, task: str) -> tuple[NDArray[Any], Labels]:
    """Inputs and their labels, which are for ``task``, as of ``labels_of``.

    uint8 of count x height x width are images of one channel, and get it.

    Raises:
        UsageError: it has other arrays, or they are none of inputs and labels.
    """
    members = members_of(path)
    for names in (*_NAMES, (f"x_{split}", f"y_{split}")):
        if set(names) <= members.keys():
            inputs, labels = (_array(path, name, members[name]) for name in names)
            break
    else:
        raise UsageError(
            f"{path} has the arrays {', '.join(members)}; it needs images and labels, "
            f"or inputs and labels, or x and y, or x_{split} and y_{split}"
        )
    return _labelled(path, inputs, labels, task)


def read_named(
    path: Path, names: Sequence[str], labels: str, task: str
) -> tuple[dict[str, NDArray[Any]], Labels]:
    """The arrays of these names, of which each has a tensor of every input; else as ``read_npz``.

    Args:
        path: of the .npz.
        names: of which there is one at least.
        labels: the name of the array that has these.
        task: what they are for.

    Raises:
        UsageError: they are none of inputs and labels.
    """
    members = members_of(path)
    given = _array(path, labels, members[labels])
    read = {name: _labelled(path, _array(path, name, members[name]), given, task) for name in names}
    return {name: inputs for name, (inputs, _) in read.items()}, read[names[0]][1]


def members_of(path: Path) -> dict[str, zipfile.ZipInfo]:
    """The arrays of a .npz, by their names.

    Raises:
        OSError, zipfile.BadZipFile: it cannot be read.
    """
    with zipfile.ZipFile(path) as archive:
        return {m.filename.removesuffix(".npy"): m for m in archive.infolist()}


def _labelled(
    path: Path, inputs: NDArray[Any], labels: NDArray[Any], task: str
) -> tuple[NDArray[Any], Labels]:
    _require_arrays(path, inputs, labels)
    is_grey = inputs.dtype == np.uint8 and inputs.ndim == _GREY
    return (inputs[..., None] if is_grey else inputs), labels_of(path, labels, task)


def decode_npy(content: bytes, name: str) -> NDArray[Any]:
    """The input in a .npy file; uint8 of height x width is an image of one channel, and gets it.

    Args:
        name: for messages.

    Raises:
        UsageError: it is damaged, or holds no numbers.
    """
    try:
        values = np.asarray(np.load(io.BytesIO(content), allow_pickle=False))
    except Exception as error:  # damage may come to light as anything, in the header's parser, too
        raise UsageError(f"{name} is no array that NumPy reads: {error}") from error
    if values.dtype.kind not in _KINDS:
        raise UsageError(f"{name} holds {values.dtype}; an input has numbers")
    is_grey = values.dtype == np.uint8 and values.ndim == _GREY - 1
    return values[..., None] if is_grey else values


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


def _require_arrays(path: Path, inputs: NDArray[Any], labels: NDArray[Any]) -> None:
    if inputs.dtype.kind not in _KINDS or inputs.ndim < 1:
        raise UsageError(
            f"{path}: inputs are {inputs.dtype} of shape {inputs.shape}; they have to be numbers, "
            "an input at a time"
        )
    if not labels.ndim or len(labels) != len(inputs):
        raise UsageError(
            f"{path}: labels are {labels.dtype} of shape {labels.shape}; they have to be "
            f"{len(inputs)} whole numbers or names, one an input"
        )
