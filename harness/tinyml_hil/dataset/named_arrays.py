"""Named arrays: an input of several tensors, each by its name, and how a .npz holds them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.dataset.arrays import decode_npy
from tinyml_hil.errors import UsageError

_LABELS = "labels"
_ONE_TENSOR = frozenset({"images", "inputs"})
"""Arrays that hold inputs of one tensor; see ``read_npz``."""


def names_of_inputs(arrays: Collection[str]) -> list[str]:
    """The arrays of a .npz that hold a tensor of each input; none if its inputs are one array."""
    if _LABELS not in arrays or _ONE_TENSOR & set(arrays):
        return []
    names = [name for name in arrays if name != _LABELS]
    return names if len(names) > 1 else []


def together(tensors: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """An input of several tensors: a NumPy structured value that has each by its name."""
    value = np.zeros((), [(name, each.dtype, each.shape) for name, each in tensors.items()])
    for name, each in tensors.items():
        value[name] = each
    return value


def decode_npz(content: bytes, name: str) -> NDArray[Any]:
    """The input in a .npz file: its arrays by their names, or its only one.

    Args:
        name: for messages.

    Raises:
        UsageError: it is damaged, or an array holds no numbers.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {each: archive.read(each) for each in archive.namelist()}
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise UsageError(f"{name} is no .npz that can be read: {error}") from error
    arrays = {
        member.removesuffix(".npy"): decode_npy(array, f"{name}, {member}")
        for member, array in members.items()
    }
    if not arrays:
        raise UsageError(f"{name} holds no array")
    return together(arrays) if len(arrays) > 1 else next(iter(arrays.values()))
