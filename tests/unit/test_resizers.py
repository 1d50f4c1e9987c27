"""How other libraries resize: TensorFlow itself, and what OpenCV gave."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tinyml_hil.explanation import resizers

SIZE = (32, 32)
SIZES = ((50, 44), (128, 96), (20, 24), (31, 37))
BY_OPENCV = [
    ((50, 44), "INTER_LINEAR", 0x2D98D373),
    ((50, 44), "INTER_AREA", 0x8E738991),
    ((50, 44), "INTER_NEAREST", 0x451A9E4B),
    ((64, 64), "INTER_LINEAR", 0x6595DD04),
    ((64, 64), "INTER_AREA", 0x6595DD04),
    ((64, 64), "INTER_NEAREST", 0xFF758B96),
    ((128, 96), "INTER_LINEAR", 0x3D9421FA),
    ((128, 96), "INTER_AREA", 0xDF9F2709),
    ((128, 96), "INTER_NEAREST", 0x240EE77A),
    ((96, 48), "INTER_LINEAR", 0xB24DBFAA),
    ((96, 48), "INTER_AREA", 0x1BC46C27),
    ((96, 48), "INTER_NEAREST", 0x5E67D62E),
    ((20, 24), "INTER_LINEAR", 0x14CA21B4),
    ((20, 24), "INTER_NEAREST", 0x755A1719),
    ((224, 192), "INTER_LINEAR", 0x80ACA891),
    ((224, 192), "INTER_AREA", 0x12D24E81),
    ((224, 192), "INTER_NEAREST", 0xB99264C5),
]
"""Size of an image, the method, and the CRC32 of what OpenCV 4.14.0 makes of it on x86."""
OPENCV = {
    "INTER_LINEAR": resizers.opencv_linear,
    "INTER_AREA": resizers.opencv_area,
    "INTER_NEAREST": resizers.opencv_nearest,
}


def _noise(size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.random.default_rng(size[0]).integers(0, 256, (*size, 3), np.uint8)


@pytest.mark.parametrize(("size", "method", "crc32"), BY_OPENCV)
def test_opencv_s_methods_give_its_pixels(size: tuple[int, int], method: str, crc32: int) -> None:
    assert zlib.crc32(OPENCV[method](_noise(size), SIZE).tobytes()) == crc32


@pytest.fixture(scope="module")
def tensorflow() -> Any:
    return pytest.importorskip("tensorflow")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("coordinates", "options"),
    [
        (resizers.half_pixels, {"half_pixel_centers": True}),
        (resizers.corners_at_zero, {}),
        (resizers.corners_aligned, {"align_corners": True}),
    ],
    ids=["half-pixel", "zero", "aligned"],
)
def test_tensorflow_s_bilinear_gives_its_bits(
    tensorflow: Any,
    size: tuple[int, int],
    coordinates: resizers.Coordinates,
    options: dict[str, bool],
) -> None:
    image = _noise(size)
    wanted = tensorflow.raw_ops.ResizeBilinear(images=image[None], size=SIZE, **options)
    ours = resizers.tensorflow_bilinear(image, SIZE, coordinates)
    assert ours.tobytes() == wanted.numpy().tobytes()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("half_pixel", [True, False])
def test_tensorflow_s_nearest_gives_its_pixels(
    tensorflow: Any, size: tuple[int, int], half_pixel: bool
) -> None:
    image = _noise(size)
    wanted = tensorflow.raw_ops.ResizeNearestNeighbor(
        images=image[None], size=SIZE, half_pixel_centers=half_pixel
    )
    ours = resizers.tensorflow_nearest(image, SIZE, half_pixel)
    assert ours.tobytes() == wanted.numpy().tobytes()


def test_tensorflow_2_resizes_with_half_pixel_centres(tensorflow: Any) -> None:
    image = _noise((50, 44))
    ours = resizers.tensorflow_bilinear(image, SIZE, resizers.half_pixels)
    assert ours.tobytes() == tensorflow.image.resize(image, SIZE).numpy().tobytes()
