"""Targets: how firmware is run. A new one is a file here and a line in ``TARGETS``."""

from __future__ import annotations

from harness.errors import UsageError
from harness.targets.base import MemoryLane, Target
from harness.targets.qemu import QemuTarget

__all__ = ["TARGETS", "MemoryLane", "Target", "target_class"]

TARGETS: dict[str, type[Target]] = {QemuTarget.name: QemuTarget}


def target_class(name: str) -> type[Target]:
    """The target called ``name``.

    Raises:
        UsageError: there is none.
    """
    if name not in TARGETS:
        raise UsageError(f"there is no target {name!r} yet; there are: {', '.join(TARGETS)}")
    return TARGETS[name]
