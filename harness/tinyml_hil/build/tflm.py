"""TFLM: TensorFlow Lite for Microcontrollers, as a user has checked it out and built it."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tinyml_hil.build.abi import Abi, abi_of
from tinyml_hil.errors import SetupError, UsageError

_CXX = "arm-none-eabi-g++"
_LIBRARY = "libtensorflow-microlite.a"
_PLACES = ("gen/*/lib/", "*/lib/", "lib/", "")
"""Where its Makefile puts the library, seen from the checkout and from the folders in it."""
_INTERPRETER = "tensorflow/lite/micro/micro_interpreter.h"
_RESOLVER = "tensorflow/lite/micro/micro_mutable_op_resolver.h"
_COMMON = "tensorflow/lite/micro/micro_common.h"
_DOWNLOADS = "tensorflow/lite/micro/tools/make/downloads"
_THIRD_PARTIES = {
    "flatbuffers": ("flatbuffers/include", "flatbuffers/flatbuffers.h"),
    "gemmlowp": ("gemmlowp", "fixedpoint/fixedpoint.h"),
    "ruy": ("ruy", "ruy/profiler/instrumentation.h"),
}
"""What its headers include: where that lies in a folder of third parties, and one of its files."""
_METHOD = re.compile(r"^  TfLiteStatus Add(\w+)\(", re.MULTILINE)
_CUSTOM = "Custom"
"""Its method takes what the op is; the others take nothing."""
_REGISTERED = re.compile(r'AddCustom\(\s*"(\w+)"')
"""How one of the others registers a custom op that TFLM has itself."""
TFLM_OPS = "tflm_ops.h"
_BUILD_IT = "build it there, with TFLM's own Makefile, for this core: the target microlite"


@dataclass(frozen=True)
class Tflm:
    """One checkout, and one library that was built from it."""

    folder: Path
    """It holds tensorflow/."""
    library: Path
    third_parties: Mapping[str, Path]
    """The folders of headers, by the names in ``_THIRD_PARTIES``."""

    @property
    def links(self) -> dict[str, Path]:
        """What firmware/Makefile wants in the folder that it builds in."""
        others = {f"tflm_{name}": folder for name, folder in self.third_parties.items()}
        return {"tflm": self.folder, "tflm_library.a": self.library, **others}

    @cached_property
    def digest(self) -> str:
        """Of the library and of where its headers are: what is built with it depends on both."""
        content = self.library.read_bytes() + str(self.folder.resolve()).encode()
        return hashlib.sha256(content).hexdigest()

    @cached_property
    def folder_digest(self) -> str:
        """Of where its sources are, for what is built from them."""
        return hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:12]

    @cached_property
    def _methods(self) -> dict[str, str]:
        """The resolver's methods, by the ops' names in lower case and without underscores, and by
        the names of custom ops as they are.
        """
        text = (self.folder / _RESOLVER).read_text(errors="replace")
        found = {}
        for name, body in zip(*[iter(_METHOD.split(text)[1:])] * 2, strict=True):
            registered = _REGISTERED.search(body)
            found[registered[1] if registered else name.lower()] = f"Add{name}"
        return {op: method for op, method in found.items() if method != f"Add{_CUSTOM}"}

    def method(self, op: str) -> str:
        """The resolver's method that registers an op, by its name in the schema or, of a custom
        one, in models; empty if there is none.
        """
        return self._methods.get(op) or self._methods.get(_plain(op), "")


def ops_header(methods: Iterable[str], custom: Iterable[str] = ()) -> str:
    """The header ``TFLM_OPS``: the resolver's methods to call, and ops of the user's own."""
    called, own = (" ".join(f"ADD({name})" for name in names) for names in (methods, custom))
    return f"#define TFLM_OPS(ADD) {called}\n#define TFLM_CUSTOM_OPS(ADD) {own}\n"


def find_tflm(folder: Path, core: Abi | None = None) -> Tflm:
    """The checkout that ``folder`` is, or lies in, and the library in ``folder`` for a core.

    Args:
        core: what the firmware is compiled for; None to take any library.

    Raises:
        SetupError: something of it is missing, or was not built.
        UsageError: it was built for another core, or more than once for this one.
    """
    root = next(
        (f for f in (folder, *folder.resolve().parents) if (f / _INTERPRETER).is_file()), None
    )
    if root is None:
        raise SetupError(
            f"{folder} holds no TensorFlow Lite for Microcontrollers: {_INTERPRETER} is not there; "
            "--tflm is the folder of your checkout"
        )
    if "TFLMRegistration" not in _text_of(root / _COMMON):
        raise SetupError(
            f"the TensorFlow Lite for Microcontrollers in {root} is older than TFLMRegistration, "
            "which it has had since 2023: check out a newer one"
        )
    third_parties = {name: _third_party(root, name) for name in _THIRD_PARTIES}
    return Tflm(root, _library(folder, core), third_parties)


def require_cxx() -> str:
    """The path of the compiler that TFLM's headers can be compiled with.

    Raises:
        SetupError: there is none, or it has no library of C++.
    """
    path = shutil.which(_CXX)
    if path is None or not _has_headers(path):
        raise SetupError(
            f"{_CXX}, or its library of C++, is not installed: "
            "apt-get install gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib"
        )
    return path


def _has_headers(compiler: str) -> bool:
    command = [compiler, "-x", "c++", "-fsyntax-only", "-"]
    return not subprocess.run(
        command, input=b"#include <array>\n", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ).returncode


def _library(folder: Path, core: Abi | None) -> Path:
    found = sorted({path for place in _PLACES for path in folder.glob(f"{place}{_LIBRARY}")})
    if not found:
        raise SetupError(f"there is no {_LIBRARY} in {folder}: {_BUILD_IT}")
    if core is None:
        return found[0]
    fitting = [path for path in found if core.takes(abi_of(path))]
    if not fitting:
        told = "; ".join(f"{path} is for {abi_of(path)}" for path in found)
        raise UsageError(f"no {_LIBRARY} in {folder} is for {core}: {told}; {_BUILD_IT}")
    if len(fitting) > 1:
        named = ", ".join(str(path.parent) for path in fitting)
        raise UsageError(
            f"{folder} has several {_LIBRARY} for {core}; give the folder of one with --tflm: "
            f"{named}"
        )
    return fitting[0]


def _third_party(root: Path, name: str) -> Path:
    inner, header = _THIRD_PARTIES[name]
    places = [root / _DOWNLOADS / inner, root / "third_party" / inner]
    found = next((place for place in places if (place / header).is_file()), None)
    if found is None:
        raise SetupError(
            f"{root} lacks the headers of {name}: {header} is neither in "
            f"{' nor in '.join(map(str, places))}; TFLM's own Makefile downloads it"
        )
    return found


def _plain(op: str) -> str:
    return op.replace("_", "").lower()


def _text_of(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""
