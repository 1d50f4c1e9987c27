"""Input file: one input in a file of its own, an image or a tensor."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from tinyml_hil.dataset.arrays import decode_npy
from tinyml_hil.dataset.images import decode_image, image_suffixes

TENSOR = ".npy"
"""The ending of a file that holds a tensor."""


def input_suffixes() -> frozenset[str]:
    """The endings of files that hold an input, small, with their dots."""
    return image_suffixes() | {TENSOR}


def holds_tensor(name: str) -> bool:
    """Whether a file of that name holds a tensor, not an image."""
    return name.lower().endswith(TENSOR)


def decode_input(content: bytes, name: str) -> NDArray[Any]:
    """The pixels of an image file, as ``decode_image``, or the values in a .npy.

    Args:
        name: says which; and is for messages.

    Raises:
        UsageError: it cannot be decoded.
    """
    return decode_npy(content, name) if holds_tensor(name) else decode_image(content, name)
