"""Settings: what the TOML file beside a model says of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path

from tinyml_hil.errors import UsageError
from tinyml_hil.model.preprocessing import Preprocessing, preprocessing_of
from tinyml_hil.toml import read_toml

_OF_IMAGES = frozenset(key.name for key in fields(Preprocessing))
_OF_INPUTS = frozenset({"front_end"})


@dataclass(frozen=True)
class Settings:
    """The keys of the file; what it leaves out is as here."""

    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    front_end: str = ""
    """The user's function that makes inputs, ``module:function``; empty if there is none."""


def load_settings(path: Path) -> Settings:
    """Reads the TOML file at ``path``; if there is none, everything is as by default.

    Raises:
        UsageError: it cannot be read, or has a key or a value that means nothing.
    """
    if not path.is_file():
        return Settings()
    content = read_toml(path)
    known = sorted(_OF_IMAGES | _OF_INPUTS)
    if unknown := sorted(content.keys() - known):
        raise UsageError(f"{path} has unknown keys {unknown}; there are: {', '.join(known)}")
    front_end = content.get("front_end", "")
    if not isinstance(front_end, str):
        raise UsageError(f"{path}: front_end is a Python function, 'module:function'")
    of_images = {name: value for name, value in content.items() if name in _OF_IMAGES}
    return Settings(preprocessing_of(path, of_images), front_end)
