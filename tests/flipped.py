"""A flipped bit: firmware that is broken on purpose, and where in a model that matters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from elftools.elf.elffile import ELFFile

from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model, load_model, load_reference
from tinyml_hil.session import Session

BIT = 6
_IMAGES = 20
_PERCENTS = range(10, 90)
"""Of the model's file that are tried: the largest part of a .tflite is its weights."""


def copy_with_flipped_bit(elf: Path, copy: Path, section: str, offset: int, bit: int = BIT) -> Path:
    """An ELF that differs in one bit, ``offset`` bytes into a section."""
    content = bytearray(elf.read_bytes())
    with elf.open("rb") as file:
        start = ELFFile(file).get_section_by_name(section)["sh_offset"]
    content[start + offset] ^= 1 << bit
    copy.write_bytes(content)
    return copy


def model_with_flipped_bit(model: Model, offset: int, folder: Path) -> Model:
    """The model with one bit changed, ``offset`` bytes into its file, which ``folder`` gets.

    Raises:
        UsageError: it is no model any more.
    """
    content = bytearray(model.content)
    content[offset] ^= 1 << BIT
    path = folder / "flipped.tflite"
    path.write_bytes(content)
    return load_model(path)


def flip_that_matters(
    session: Session, folder: Path, matters: Callable[[list[bool]], bool]
) -> int | None:
    """Where in the session's model a flipped bit changes what the host answers.

    Args:
        folder: for a file of its own.
        matters: takes whether the answer to each of the first images is another.

    Returns:
        The offset in the file; None if none that was tried will do.
    """
    model = session.model
    count = min(_IMAGES, len(session.dataset))
    images = [model.input_of(session.dataset.image(i)) for i in range(count)]
    right = [session.reference.predict(image).tobytes() for image in images]
    for percent in _PERCENTS:
        offset = len(model.content) * percent // 100
        try:
            broken = model_with_flipped_bit(model, offset, folder)
            flipped = load_reference(session.options.reference, broken)
        except UsageError:
            continue  # not a weight
        answers = [flipped.predict(image).tobytes() for image in images]
        if matters([a != r for a, r in zip(answers, right, strict=True)]):
            return offset
    return None
