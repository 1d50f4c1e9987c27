"""Pixel range: the device takes other numbers for the same pixels, without a mean or a scale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.input_change import (
    Change,
    InputHypothesis,
    as_pixels,
    said_of_host,
)

_HALF = 128
_SPARE_BITS = np.array((5, 6, 5), np.uint8)
"""Of red, green and blue in RGB565."""


class PixelRange(InputHypothesis):
    """Without the shift by 128, or with one too many; fewer bits; black for white."""

    name = "pixel-range"

    def changes(self, evidence: Evidence) -> Iterator[Change]:
        """Of 8-bit inputs their bits, too; of all inputs what a camera or a screen changes."""
        model = evidence.model
        yield from _of_bits(model.input.dtype, said_of_host(model))
        yield Change("white for black: 255 less each pixel", lambda image: 255 - image)
        if model.image_shape[2] > 1:
            yield Change("pixels as RGB565 has them, and zeros in the bits that it lacks", _rgb565)
            yield Change(
                "pixels as RGB565 has them, and their upper bits in those that it lacks",
                lambda image: _rgb565(image) | _rgb565(image) >> _SPARE_BITS,
            )


def _of_bits(dtype: np.dtype[Any], host: str) -> Iterator[Change]:
    """What is made of a pixel where an input has 8 bits; what the host does changes nothing."""
    if dtype == np.int8:
        for said, values in (
            ("pixels of 0 to 255 as int8 without the shift by 128", _flip),
            ("pixels less 128", lambda given: given),
            ("pixels of 0 to 255, cut off at 127", _cut_off),
            ("half of each pixel, 0 to 127", lambda given: (_pixels(given) >> 1).astype(np.int8)),
        ):
            yield Change(f"{said}, the host {host}", preprocessing=as_pixels, tensor=values)
    elif dtype == np.uint8:
        for said, values in (
            ("pixels less 128", _flip),
            ("pixels as they are", lambda given: given),
        ):
            yield Change(f"{said}, the host {host}", preprocessing=as_pixels, tensor=values)


def _pixels(tensor: NDArray[Any]) -> NDArray[np.int16]:
    """The pixels of an int8 input."""
    return np.asarray(tensor.astype(np.int16) + _HALF)


def _cut_off(tensor: NDArray[Any]) -> NDArray[Any]:
    return _pixels(tensor).clip(0, _HALF - 1).astype(np.int8)


def _flip(tensor: NDArray[Any]) -> NDArray[Any]:
    """128 more or less, modulo 256."""
    return np.asarray((tensor.view(np.uint8) ^ _HALF).view(tensor.dtype))


def _rgb565(image: NDArray[Any]) -> NDArray[Any]:
    """Five bits of red and blue, six of green."""
    return np.asarray(image & np.array((0xF8, 0xFC, 0xF8), np.uint8))
