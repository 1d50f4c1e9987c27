"""What this firmware prints from reset to its first prompt."""

from __future__ import annotations

import re

from tinyml_hil.build import SELFTEST_IMAGES
from tinyml_hil.device import PASSED, Device
from tinyml_hil.model import Model, Reference
from tinyml_hil.session import Session

_IMAGE = re.compile(r"image \d+: label .+, prediction .+, confidence (\d+\.\d)%")


def test_banner_names_product_platform_and_model(
    device: Device, hil: Session, model: Model
) -> None:
    banner = next(line for line in device.boot_lines if line)
    assert banner.startswith("tinyml-hil ")
    assert hil.platform.name in banner
    assert model.name in banner


def test_self_test_shows_ten_images_and_the_host_s_confidence(
    device: Device, hil: Session, model: Model, reference: Reference
) -> None:
    images = hil.whole_dataset
    count = min(SELFTEST_IMAGES, len(images))
    outputs = [reference.predict(model.input_of(images.image(i))) for i in range(count)]
    wanted = [float(model.output.dequantize(output).max()) for output in outputs]
    shown = [float(m[1]) / 100 for line in device.boot_lines if (m := _IMAGE.fullmatch(line))]
    assert len(shown) == count
    assert all(abs(a - b) <= 0.0005 + 1e-9 for a, b in zip(shown, wanted, strict=True))


def test_verdict_is_the_self_test_s_last_line(device: Device) -> None:
    assert device.boot_lines[-4] == PASSED


def test_boot_ends_as_mlperf_tiny_says(device: Device) -> None:
    *_, mode, lap, done = device.boot_lines
    assert mode == "m-timestamp-mode-performance"
    assert re.fullmatch(r"m-lap-us-\d+", lap)
    assert done == "m-init-done"
