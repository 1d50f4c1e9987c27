"""A run that has something to show: one bit of one weight in the device's model is flipped."""

from __future__ import annotations

import shutil
from pathlib import Path

from elftools.elf.elffile import ELFFile

from harness.errors import UsageError
from harness.model import load_model
from harness.reference import load_reference
from harness.session import Session

_BIT = 6


def break_firmware(session: Session, folder: Path) -> Path:
    """A copy of the session's ELF, with its map, that gives some images other answers."""
    elf = folder / "firmware.elf"
    content = bytearray(session.firmware.elf.read_bytes())
    with session.firmware.elf.open("rb") as file:
        start = ELFFile(file).get_section_by_name(".model")["sh_offset"]
    content[start + _offset_that_matters(session, folder)] ^= 1 << _BIT
    elf.write_bytes(content)
    shutil.copyfile(session.firmware.elf.with_suffix(".map"), elf.with_suffix(".map"))
    return elf


def _offset_that_matters(session: Session, folder: Path) -> int:
    """Where in the model a flipped bit changes the host's answers to some images, not to all."""
    model = session.model
    count = min(20, len(session.dataset))
    images = [model.input_of(session.dataset.image(i)) for i in range(count)]
    expected = [session.reference.predict(image).tobytes() for image in images]
    for percent in range(20, 90):  # the largest part of a .tflite is its weights
        offset = len(model.content) * percent // 100
        content = bytearray(model.content)
        content[offset] ^= 1 << _BIT
        path = folder / "flipped.tflite"
        path.write_bytes(content)
        try:
            flipped = load_reference(session.options.reference, load_model(path))
        except UsageError:
            continue  # not a weight
        answers = [flipped.predict(image).tobytes() for image in images]
        different = sum(a != e for a, e in zip(answers, expected, strict=True))
        if 0 < different < count:
            return offset
    raise AssertionError("no flipped bit that was tried changes some answers, and not all")
