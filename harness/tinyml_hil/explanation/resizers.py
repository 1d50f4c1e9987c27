"""Resizers: how other libraries make an image smaller or larger, to their last bit.

Held against the libraries in tests: TensorFlow itself, and what OpenCV 4 gave. Of OpenCV it is what
its portable code computes; a build for one processor may be a step off in places.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Size = tuple[int, int]
"""Height and width."""
Coordinates = Callable[[int, int], NDArray[np.float32]]
"""Where each output pixel lies in the input, from the sizes of input and output."""


def half_pixels(size: int, wanted: int) -> NDArray[np.float32]:
    """The centre of a pixel is half a pixel from its edge: TensorFlow 2, OpenCV, Pillow."""
    scale = np.float32(size) / np.float32(wanted)
    return (np.arange(wanted, dtype=np.float32) + np.float32(0.5)) * scale - np.float32(0.5)


def corners_at_zero(size: int, wanted: int) -> NDArray[np.float32]:
    """Pixels are points, and the first lies on the first: TensorFlow 1."""
    return np.arange(wanted, dtype=np.float32) * (np.float32(size) / np.float32(wanted))


def corners_aligned(size: int, wanted: int) -> NDArray[np.float32]:
    """The first lies on the first, and the last on the last: ``align_corners=True``."""
    scale = np.float32(size - 1) / np.float32(wanted - 1) if wanted > 1 else np.float32(0)
    return np.arange(wanted, dtype=np.float32) * scale


def tensorflow_bilinear(
    image: NDArray[np.uint8], size: Size, coordinates: Coordinates
) -> NDArray[np.float32]:
    """``tf.image.resize(method="bilinear")``: float32, not rounded.

    Source: TensorFlow, core/kernels/image/resize_bilinear_op.cc.
    """
    (top, bottom, y), (left, right, x) = (
        _neighbours(coordinates(*both), both[0]) for both in zip(image.shape[:2], size, strict=True)
    )
    x, y = x[None, :, None], y[:, None, None]
    real = image.astype(np.float32)

    def row(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        first, second = real[rows][:, left], real[rows][:, right]
        return np.asarray(first + (second - first) * x)

    upper = row(top)
    return np.asarray(upper + (row(bottom) - upper) * y)


def _neighbours(
    at: NDArray[np.float32], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """The pixels before and behind each place, and how near the second one is."""
    floor = np.floor(at)
    before = np.maximum(floor, 0).astype(np.int64)
    behind = np.minimum(np.ceil(at), size - 1).astype(np.int64)
    return before, behind, at - floor


def tensorflow_nearest(image: NDArray[np.uint8], size: Size, half_pixel: bool) -> NDArray[np.uint8]:
    """``tf.image.resize(method="nearest")``: by the centre of a pixel, in TensorFlow 1 by its edge.

    Source: TensorFlow, core/kernels/image/resize_nearest_neighbor_op.cc.
    """
    offset = np.float32(0.5 if half_pixel else 0)
    rows, columns = (
        _within((np.arange(wanted, dtype=np.float32) + offset) * np.float32(had / wanted), had)
        for had, wanted in zip(image.shape[:2], size, strict=True)
    )
    return image[rows][:, columns]


def opencv_nearest(image: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """``cv2.resize(interpolation=cv2.INTER_NEAREST)``: by the edge of a pixel.

    Source: OpenCV, modules/imgproc/src/resize.cpp, ``resizeNN``.
    """
    rows, columns = (
        _within(np.arange(wanted) * (1 / (wanted / had)), had)
        for had, wanted in zip(image.shape[:2], size, strict=True)
    )
    return image[rows][:, columns]


def _within(at: NDArray[Any], size: int) -> NDArray[np.int64]:
    rows: NDArray[np.int64] = np.minimum(np.floor(at), size - 1).astype(np.int64)
    return rows


_ONE = 1 << 11
"""Of OpenCV's weights."""


def opencv_linear(image: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """``cv2.resize(interpolation=cv2.INTER_LINEAR)``: weights of 11 bits, cut on the way.

    Source: OpenCV, modules/imgproc/src/resize.cpp, ``HResizeLinear`` and ``VResizeLinear``.
    """
    (height, width), wide = image.shape[:2], image.astype(np.int64)
    left, share = _opencv_places(width, size[1])
    share[(left < 0) | (left >= width - 1)] = 0
    left = np.clip(left, 0, width - 1)
    before, behind = (w[None, :, None] for w in _weights(share))
    rows = wide[:, left] * before + wide[:, np.minimum(left + 1, width - 1)] * behind
    top, share = _opencv_places(height, size[0])
    upper, lower = (rows[np.clip(top + below, 0, height - 1)] >> 4 for below in (0, 1))
    above, below = (w[:, None, None] for w in _weights(share))
    sums = (upper * above >> 16) + (lower * below >> 16)
    return _as_pixels((sums + 2) >> 2)


def _opencv_places(had: int, wanted: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The pixel before each place, and how far behind it that is."""
    at = ((np.arange(wanted) + 0.5) * (had / wanted) - 0.5).astype(np.float32)
    first = np.floor(at)
    return first.astype(np.int64), at - first


def _weights(share: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first, second = np.rint((np.float32(1) - share) * _ONE), np.rint(share * _ONE)
    return first.astype(np.int64), second.astype(np.int64)


def opencv_area(image: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """``cv2.resize(interpolation=cv2.INTER_AREA)`` to a smaller size: the mean of what is covered.

    Source: OpenCV, modules/imgproc/src/resize.cpp, ``ResizeAreaFast`` and ``ResizeArea``.
    """
    (height, width), (rows, columns) = image.shape[:2], size
    if not (height % rows or width % columns):
        down, right = height // rows, width // columns
        parts = image.reshape(rows, down, columns, right, -1).astype(np.int64)
        sums = parts.sum(axis=(1, 3))
        if down == right == 2:
            return _as_pixels((sums + 2) >> 2)
        return _as_pixels(np.rint(sums.astype(np.float32) * np.float32(1 / (down * right))))
    across = _weighted(image.astype(np.float32).swapaxes(0, 1), columns).swapaxes(0, 1)
    real = _weighted(across, rows)
    return _as_pixels(np.rint(real))


def _weighted(rows: NDArray[np.float32], wanted: int) -> NDArray[np.float32]:
    """The mean of the rows that each output row covers, summed one after the other."""
    had = rows.shape[0]
    edges = np.arange(wanted + 1) * (had / wanted)
    result = np.zeros((wanted, *rows.shape[1:]), np.float32)
    for row in range(had):
        covered = np.minimum(edges[1:], row + 1) - np.maximum(edges[:-1], row)
        for place in np.flatnonzero(covered > _NOTHING):
            share = np.float32(covered[place] / (had / wanted))
            result[place] += rows[row] * share
    return result


_NOTHING = 1e-3
"""Of a pixel: what is covered less than that is left out, as OpenCV does."""


def _as_pixels(values: NDArray[Any]) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = np.clip(values, 0, 255).astype(np.uint8)
    return pixels


def pillow(image: NDArray[np.uint8], size: Size, method: Any) -> NDArray[np.uint8]:
    """``Image.resize`` with one of ``Image.Resampling``."""
    plain = Image.fromarray(image.squeeze(-1) if image.shape[2] == 1 else image)
    resized = np.asarray(plain.resize(size[::-1], method))
    return resized.reshape(*size, image.shape[2])
