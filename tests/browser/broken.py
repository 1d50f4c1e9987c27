"""A run that has something to show: one bit of one weight in the device's model is flipped."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.flipped import copy_with_flipped_bit, flip_that_matters
from tinyml_hil.session import Session

_FEW = 5
"""Of twenty answers."""


def break_firmware(session: Session, folder: Path) -> Path:
    """A copy of the session's ELF, with its map, that gives some images other answers."""
    # Few: the others keep the mistakes that the model makes on the host, too.
    offset = flip_that_matters(session, folder, lambda changed: 0 < sum(changed) <= _FEW)
    assert offset is not None, "no flipped bit that was tried changes a few answers"
    source = session.firmware.elf
    shutil.copyfile(source.with_suffix(".map"), folder / "firmware.map")
    return copy_with_flipped_bit(source, folder / "firmware.elf", ".model", offset)
