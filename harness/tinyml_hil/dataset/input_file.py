"""Input file: one input in a file of its own, an image or a tensor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from numpy.typing import NDArray

from tinyml_hil.dataset.arrays import decode_npy
from tinyml_hil.dataset.images import decode_image, image_suffixes
from tinyml_hil.dataset.named_arrays import decode_npz
from tinyml_hil.dataset.sound import decode_wav

_TENSORS: dict[str, Callable[[bytes, str], NDArray[Any]]] = {
    ".npy": decode_npy,
    ".npz": decode_npz,
    ".wav": decode_wav,
}
"""What reads a file that holds no image, by its ending."""


def input_suffixes() -> frozenset[str]:
    """The endings of files that hold an input, small, with their dots."""
    return image_suffixes() | _TENSORS.keys()


def holds_tensor(name: str) -> bool:
    """Whether a file of that name holds a tensor, not an image."""
    return PurePosixPath(name).suffix.lower() in _TENSORS


def decode_input(content: bytes, name: str) -> NDArray[Any]:
    """The pixels of an image file, as ``decode_image``, the values in a .npy or a
    .npz, or those of a .wav.

    Args:
        name: says which; and is for messages.

    Raises:
        UsageError: it cannot be decoded.
    """
    decode = _TENSORS.get(PurePosixPath(name).suffix.lower(), decode_image)
    return decode(content, name)
