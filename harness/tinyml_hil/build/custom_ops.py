"""Custom ops: C files of the user's own, each an op, that are built with our engine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tinyml_hil.errors import UsageError

_HELP = "docs/custom-ops.md says how to write one"
_SYMBOL = "nn_custom_"


@dataclass(frozen=True)
class CustomOps:
    """The files; each defines a constant ``nn_op`` that is named after it."""

    files: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        """Refuses what cannot be built.

        Raises:
            UsageError: a file is not there, or its name is none of C's, or another's, too.
        """
        for file in self.files:
            if not (file.suffix == ".c" and file.stem.isascii() and file.stem.isidentifier()):
                raise UsageError(
                    f"--op {file} is no C file with a name that C can have, such as my_op.c: "
                    f"{_HELP}"
                )
            if not file.is_file():
                raise UsageError(f"--op {file}: there is no such file")
        if len({file.stem for file in self.files}) < len(self.files):
            raise UsageError(f"--op: {self} are called alike, and each defines what its name says")

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.files)

    def __str__(self) -> str:
        return ", ".join(map(str, self.files))

    @cached_property
    def identity(self) -> str:
        """What tells these from others: where they are, and what is in them; empty for none."""
        parts = (f"{file.absolute()}\n".encode() + file.read_bytes() for file in self.files)
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12] if self.files else ""

    @property
    def variables(self) -> list[str]:
        """Variables of the makefiles, ``NAME=VALUE``."""
        return [f"NN_CUSTOM_OPS={' '.join(file.stem for file in self.files)}"] if self else []

    @property
    def links(self) -> Mapping[str, Path]:
        """What the makefiles want to be linked into the folder that they build in."""
        return {f"custom_{file.stem}": file.absolute().parent for file in self.files}

    def complaint(self, log: str) -> str:
        """Why the engine does not build with them, from what the tools said."""
        for file in self.files:
            if f"undefined reference to `{_SYMBOL}{file.stem}'" in log:
                return f"--op {file}: it defines no nn_op {_SYMBOL}{file.stem}: {_HELP}"
        return f"the engine does not build with --op {self}:\n{log.strip()}"


NO_CUSTOM_OPS = CustomOps()
