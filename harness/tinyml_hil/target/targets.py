"""Targets: how firmware is run. A new one is a file here and a line in ``TARGETS``."""

from __future__ import annotations

from tinyml_hil.errors import UsageError
from tinyml_hil.target.base import Target
from tinyml_hil.target.board import BoardTarget
from tinyml_hil.target.qemu import QemuTarget
from tinyml_hil.target.renode import RenodeTarget

TARGETS: dict[str, type[Target]] = {t.name: t for t in (QemuTarget, RenodeTarget, BoardTarget)}


def target_class(name: str) -> type[Target]:
    """The target called ``name``.

    Raises:
        UsageError: there is none.
    """
    if name not in TARGETS:
        raise UsageError(f"there is no target {name!r}; there are: {', '.join(TARGETS)}")
    return TARGETS[name]
