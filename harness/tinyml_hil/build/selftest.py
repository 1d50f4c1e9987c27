"""Self-test: what firmware tests itself with at boot, as firmware/app/selftest.c describes it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from tinyml_hil.dataset import Dataset, has_names
from tinyml_hil.model import Model, Reference

SELFTEST_IMAGES = 10
"""Images that the boot self-test runs, as in the guide."""
_HEADER = struct.Struct("<4s5I")
_MAGIC = b"FLST"
_VERSION = 1
_NO_LABEL = 0xFFFFFFFF


@dataclass(frozen=True)
class SelfTest:
    """Names of classes, and images with the host's outputs for them."""

    model: Model
    classes: tuple[str, ...] = ()
    """None where the classes have numbers only, which need no room."""
    records: tuple[bytes, ...] = ()
    """Each a label, an input, and an output."""

    def content(self, images: int) -> bytes:
        """What is linked into the firmware, with the first ``images`` of them."""
        sizes = (self.model.input_bytes, self.model.output_bytes)
        header = _HEADER.pack(_MAGIC, _VERSION, images, *sizes, len(self.classes))
        names = b"".join(name.encode() + b"\0" for name in self.classes)
        return header + _padded(names) + b"".join(self.records[:images])


def selftest_of(
    model: Model,
    dataset: Dataset | None,
    reference: Callable[[], Reference],
    has_classes: bool = True,
) -> SelfTest:
    """The self-test with a dataset's first images; without any, if there is no dataset.

    Args:
        reference: gives the outputs; it is asked for only if there are images.
        has_classes: whether labels and outputs are classes; else none are told.
    """
    if dataset is None:
        return SelfTest(model)
    records = []
    for index in range(min(SELFTEST_IMAGES, len(dataset))):
        tensor = model.input_of(dataset.image(index))
        output = reference().predict(tensor)
        label = struct.pack("<I", dataset.label(index) if has_classes else _NO_LABEL)
        records.append(label + _padded(tensor.tobytes() + output.tobytes()))
    classes = dataset.classes if has_classes and has_names(dataset) else ()
    return SelfTest(model, classes, tuple(records))


def images_in(content: bytes) -> int:
    """How many images there are in what ``SelfTest.content`` gave; 0 in anything else."""
    if len(content) < _HEADER.size or not content.startswith(_MAGIC):
        return 0
    return int(_HEADER.unpack_from(content)[2])


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 4)
