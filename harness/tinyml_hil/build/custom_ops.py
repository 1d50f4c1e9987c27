"""Custom ops: files of the user's own, each an op, that are built with what infers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from tinyml_hil.errors import UsageError

_HELP = "docs/custom-ops.md says how to write one"


@dataclass(frozen=True)
class CustomOps:
    """C files for our own engine; each defines a constant ``nn_op`` that is named after it."""

    files: tuple[Path, ...] = ()

    suffixes: ClassVar[tuple[str, ...]] = (".c",)
    language: ClassVar[str] = "C"
    taken_by: ClassVar[str] = "our own engine"
    example: ClassVar[str] = "my_op.c"
    kind: ClassVar[str] = "nn_op"
    symbol: ClassVar[str] = "nn_custom_"

    def __post_init__(self) -> None:
        """Refuses what cannot be built.

        Raises:
            UsageError: a file is for the other engine, or not there, or its name is none of C's,
                or another's, too.
        """
        for file in self.files:
            self._require_language(file)
            if not (
                file.suffix in self.suffixes and file.stem.isascii() and file.stem.isidentifier()
            ):
                raise UsageError(
                    f"--op {file} is no {self.language} file with a name that C can have, such as "
                    f"{self.example}: {_HELP}"
                )
            if not file.is_file():
                raise UsageError(f"--op {file}: there is no such file")
        if len({file.stem for file in self.files}) < len(self.files):
            raise UsageError(f"--op: {self} are called alike, and each defines what its name says")

    def _require_language(self, file: Path) -> None:
        for other in (CustomOps, TflmCustomOps):
            if file.suffix in other.suffixes and file.suffix not in self.suffixes:
                raise UsageError(
                    f"--op {file} is {other.language}, for {other.taken_by}; {self.taken_by} takes "
                    f"{self.language}, such as {self.example}: {_HELP}"
                )

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
    def names(self) -> list[str]:
        """Those of the files, without their endings."""
        return [file.stem for file in self.files]

    @property
    def variables(self) -> list[str]:
        """Variables of the makefiles, ``NAME=VALUE``."""
        return [f"NN_CUSTOM_OPS={' '.join(self.names)}"] if self else []

    @property
    def links(self) -> Mapping[str, Path]:
        """What the makefiles want to be linked into the folder that they build in."""
        return {f"custom_{file.stem}": file.absolute().parent for file in self.files}

    def complaint(self, log: str) -> str:
        """Why it does not build with them, from what the tools said."""
        for file in self.files:
            if f"undefined reference to `{self.symbol}{file.stem}'" in log:
                return f"--op {file}: it defines no {self.kind} {self.symbol}{file.stem}: {_HELP}"
        return f"the engine does not build with --op {self}:\n{log.strip()}"


class TflmCustomOps(CustomOps):
    """C++ files for TensorFlow Lite for Microcontrollers; each defines a function, named after it,
    that gives the op's ``TFLMRegistration``, with its name in models as ``custom_name``.
    """

    suffixes = (".cc", ".cpp")
    language = "C++"
    taken_by = "--engine tflm"
    example = "my_op.cc"
    kind = 'extern "C" function'
    symbol = "tflm_custom_"

    @property
    def variables(self) -> list[str]:
        """As of ``CustomOps``, but with endings: there are two."""
        return [f"TFLM_CUSTOM_OPS={' '.join(file.name for file in self.files)}"] if self else []

    def require_names(self, told: list[str]) -> None:
        """Refuses an op that is registered without a name; ``told``: each file's, in their order.

        Raises:
            UsageError: it is.
        """
        for file, name in zip(self.files, told, strict=True):
            if not name:
                raise UsageError(
                    f"--op {file}: what {self.symbol}{file.stem}() gives has no custom_name: "
                    f"{_HELP}"
                )


NO_CUSTOM_OPS = CustomOps()
NO_TFLM_CUSTOM_OPS = TflmCustomOps()
