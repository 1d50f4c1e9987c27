"""Settings: what the TOML file beside a model says of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from tinyml_hil.choices import TASKS
from tinyml_hil.errors import UsageError
from tinyml_hil.model.preprocessing import LARGEST, Preprocessing, preprocessing_of
from tinyml_hil.toml import read_toml

_OF_IMAGES = frozenset(one.name for one in fields(Preprocessing))
_OF_INPUTS = frozenset({"front_end"})
_OF_ANSWERS = frozenset({"task", "threshold"})


@dataclass(frozen=True)
class Settings:
    """The keys of the file; what it leaves out is as here."""

    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    front_end: str = ""
    """The user's function that makes inputs, ``module:function``; empty if there is none."""
    task: str = ""
    """One of ``TASKS``; empty if the model's own shape is to tell."""
    threshold: float | None = None
    """What a score has to be above to count, a real value; None for the usual one."""


def load_settings(path: Path) -> Settings:
    """Reads the TOML file at ``path``; if there is none, everything is as by default.

    Raises:
        UsageError: it cannot be read, or has a key or a value that means nothing.
    """
    if not path.is_file():
        return Settings()
    content = read_toml(path)
    known = sorted(_OF_IMAGES | _OF_INPUTS | _OF_ANSWERS)
    if unknown := sorted(content.keys() - known):
        raise UsageError(f"{path} has unknown keys {unknown}; there are: {', '.join(known)}")
    front_end = content.get("front_end", "")
    if not isinstance(front_end, str):
        raise UsageError(f"{path}: front_end is a Python function, 'module:function'")
    of_images = {name: value for name, value in content.items() if name in _OF_IMAGES}
    return Settings(
        preprocessing=preprocessing_of(path, of_images),
        front_end=front_end,
        task=_task(path, content.get("task", "")),
        threshold=_threshold(path, content.get("threshold")),
    )


def _task(path: Path, given: Any) -> str:
    if given and given not in TASKS:
        raise UsageError(f"{path}: task is one of: {', '.join(TASKS)}")
    return str(given)


def _threshold(path: Path, given: Any) -> float | None:
    if given is None:
        return None
    if type(given) not in (int, float) or not abs(given) < LARGEST:
        raise UsageError(f"{path}: threshold is a number, which a score has to be above to count")
    return float(np.float32(given))  # as a device has it
