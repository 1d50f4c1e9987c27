"""Drawing: an input as a small picture: its pixels, a heat map, a line or bars."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tinyml_hil.dataset import SMALL_SIDE, small_png
from tinyml_hil.model import apart
from tinyml_hil.report.backend import whatever_backend
from tinyml_hil.report.colours import COLOURS

_COLOURED = (1, 3)
"""Channels of an image."""
_IMAGE = 3
"""Dimensions of an image."""
_PLANE = 2
"""Those of a heat map."""
_MOST_BARS = 32
"""Values that are drawn as bars; more are a line."""
_MOST_STEPS = 120
"""Parts of a line, each as high and as low as its values are."""
_MAP = "viridis"


def drawings_of(value: NDArray[Any]) -> list[str]:
    """The pictures of an input, one for each of its tensors; see ``drawing_of``."""
    return [drawing_of(tensor) for tensor in apart(value)]


def drawing_of(values: NDArray[Any]) -> str:
    """A picture that is part of a page, as a data URI.

    An image is its pixels. What has two dimensions is a heat map, the first from left to right and
    the second upwards, as spectrograms are; of more, all but the first go upwards. What has one is
    bars, or a line if it is long. Values reach from the lowest to the highest that there are.

    Args:
        values: finite; dimensions of one do not count.
    """
    if values.ndim > _IMAGE and values.shape[0] == 1:  # the batch
        values = values[0]
    if values.dtype == np.uint8 and _is_image(values.shape):
        return _png(values)
    real = values.astype(np.float64)
    low, high = float(real.min()), float(real.max())
    if _is_image(values.shape) and values.shape[2] > 1:
        return _png(_scaled(real, low, high))
    plain = real.squeeze()
    if plain.ndim < _PLANE:
        return _svg(plain.reshape(-1), min(low, 0.0), max(high, 0.0))
    plane = plain.reshape(len(plain), -1).T[::-1]
    with whatever_backend():
        from matplotlib import colormaps
    colours = colormaps[_MAP](_scaled(plane, low, high), bytes=True)
    return _png(_squarish(np.ascontiguousarray(colours[..., :3])))


def _is_image(shape: tuple[int, ...]) -> bool:
    return len(shape) == _IMAGE and shape[2] in _COLOURED


def _scaled(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    return ((values - low) * (255 / ((high - low) or 1))).round().astype(np.uint8)


def _squarish(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """With the shorter side as many times as it fits into the longer, as far as that is shown."""
    longest = min(max(pixels.shape[:2]), SMALL_SIDE)
    height, width = (min(side * max(longest // side, 1), longest) for side in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX))


def _png(pixels: NDArray[np.uint8]) -> str:
    return _data_uri("png", small_png(pixels))


def _svg(values: NDArray[np.float64], low: float, high: float) -> str:
    """A drawing of a square, whose ends are the lowest and the highest value, and zero."""
    side = SMALL_SIDE
    heights = (high - values) * (side / ((high - low) or 1))
    zero = high * (side / ((high - low) or 1))
    shapes = _bars(heights, zero) if len(values) <= _MOST_BARS else _line(heights)
    content = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" '
        f'width="{side}" height="{side}">'
        f'<path d="M0 {zero:.1f}H{side}" stroke="{COLOURS["host"]}"/>{shapes}</svg>'
    )
    return _data_uri("svg+xml", content.encode())


def _bars(heights: NDArray[np.float64], zero: float) -> str:
    width = SMALL_SIDE / len(heights)
    bars = "".join(
        f"M{(i + 0.1) * width:.1f} {zero:.1f}V{y:.1f}h{0.8 * width:.1f}V{zero:.1f}z"
        for i, y in enumerate(heights.tolist())
    )
    return f'<path d="{bars}" fill="{COLOURS["device"]}"/>'


def _line(heights: NDArray[np.float64]) -> str:
    """Of many values the highest and the lowest of each part, so that no peak is lost."""
    parts = np.array_split(heights, min(_MOST_STEPS, len(heights)))
    step = SMALL_SIDE / max(len(parts) - 1, 1)
    ends = [(i * step, {float(part.min()), float(part.max())}) for i, part in enumerate(parts)]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, ys in ends for y in sorted(ys))
    return f'<polyline points="{points}" fill="none" stroke="{COLOURS["device"]}"/>'


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
