"""How an input is drawn: as pixels, a heat map, a line or bars."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tinyml_hil.dataset import SMALL_SIDE
from tinyml_hil.report.drawing import drawing_of

_RNG = np.random.default_rng(3)


def _pixels(uri: str) -> NDArray[np.uint8]:
    kind, _, content = uri.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def _svg(uri: str) -> str:
    kind, _, content = uri.partition(",")
    assert kind == "data:image/svg+xml;base64"
    return base64.b64decode(content).decode()


@pytest.mark.parametrize("shape", [(8, 9, 3), (8, 9, 1), (1, 8, 9, 3)])
def test_image_is_its_pixels(shape: tuple[int, ...]) -> None:
    image = _RNG.integers(0, 256, shape, np.uint8)
    assert np.array_equal(_pixels(drawing_of(image)), image.squeeze())


def test_colours_of_another_type_reach_from_the_lowest_to_the_highest_value() -> None:
    image = np.zeros((2, 2, 3), np.int8)
    image[0, 0, 0], image[1, 1, 2] = 50, -50
    drawn = _pixels(drawing_of(image))
    assert (drawn[0, 0, 0], drawn[1, 1, 2]) == (255, 0)
    assert 0 < drawn[0, 1, 1] < 255


@pytest.mark.parametrize("shape", [(30, 20), (30, 20, 1), (1, 30, 20, 1), (30, 5, 4)])
def test_two_dimensions_are_a_heat_map_with_the_first_from_left_to_right(
    shape: tuple[int, ...],
) -> None:
    values = np.zeros(shape)
    values.reshape(30, 20)[29, 0] = 1.0
    drawn = _pixels(drawing_of(values)).astype(int)
    assert drawn.shape == (20, 30, 3)
    brightest = np.unravel_index(drawn.sum(axis=2).argmax(), (20, 30))
    assert brightest == (19, 29)  # the last at the right, the first at the bottom


@pytest.mark.parametrize("shape", [(49, 10), (16_000, 3), (2, 5_000), (700, 700)])
def test_heat_map_is_neither_flat_nor_large(shape: tuple[int, int]) -> None:
    height, width, _ = _pixels(drawing_of(_RNG.normal(size=shape))).shape
    assert max(height, width) <= SMALL_SIDE
    assert max(height, width) < 2 * min(height, width)


def test_few_values_are_bars_from_zero() -> None:
    drawn = _svg(drawing_of(np.array([1.0, -1.0, 0.5])))
    assert re.findall(r"M\S+ (\S+)V(\S+)h", drawn) == [
        ("48.0", "0.0"),
        ("48.0", "96.0"),
        ("48.0", "24.0"),
    ]


def test_line_of_many_values_loses_no_peak() -> None:
    values = np.zeros((1, 20_000), np.float32)
    values[0, 12_345] = 7.0
    drawn = _svg(drawing_of(values))
    assert ",0.0" in drawn
    assert len(drawn) < 5_000


@pytest.mark.parametrize("values", [np.zeros(4), np.full((40, 3), 5.0), np.zeros(100, np.int8)])
def test_values_that_are_all_the_same_are_drawn(values: NDArray[np.float64]) -> None:
    assert drawing_of(values).startswith("data:image/")
