"""Front end: a user's own function, which makes a model's input of a file or an array."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.errors import UsageError
from tinyml_hil.words import shown

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_KINDS = "biuf"


@dataclass(frozen=True)
class FrontEnd:
    """The function, and how it was named."""

    name: str
    """``module:function``."""
    function: Callable[[Any], Any]

    def __call__(self, given: Path | NDArray[Any], title: str) -> NDArray[Any]:
        """The input that it makes of a file, or of an array.

        Args:
            given: what the function gets.
            title: what it is called in messages.

        Raises:
            UsageError: it fails, or gives something else than numbers.
        """
        try:
            values = np.asarray(self.function(given))
        except (Exception, SystemExit) as error:  # whatever the user's code raises
            raise UsageError(f"{title}: front_end {self.name} fails{_reason(error)}") from error
        if values.dtype.kind not in _KINDS:
            raise UsageError(
                f"{title}: front_end {self.name} gives {values.dtype} of shape {values.shape}; an "
                "input has numbers"
            )
        return values.astype(np.uint8) if values.dtype.kind == "b" else values


def load_front_end(name: str, folders: Sequence[Path]) -> FrontEnd:
    """The function ``module:function``, whose module lies in one of ``folders``, or is installed.

    Raises:
        UsageError: it is no such name, there is no such module or function, or the module fails.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"front_end is {name!r}; it is a Python function, module:function")
    module_name, _, function_name = name.partition(":")
    try:
        module = _load(module_name, folders)
    except (Exception, SystemExit) as error:  # whatever the user's code raises
        raise UsageError(f"front_end {name} cannot be loaded{_reason(error)}") from error
    if module is None:
        listed = " nor ".join(str(folder) for folder in dict.fromkeys(folders))
        raise UsageError(
            f"front_end {name}: there is no module {module_name} in {listed}, and none is installed"
        )
    function = getattr(module, function_name, None)
    if not callable(function):
        raise UsageError(f"front_end {name}: there is no function {function_name} in {module_name}")
    return FrontEnd(name, function)


def _load(name: str, folders: Sequence[Path]) -> ModuleType | None:
    """The module; None if there is none."""
    inside = Path(*name.split("."))
    for folder in folders:
        for file in (folder / inside.with_suffix(".py"), folder / inside / "__init__.py"):
            if file.is_file():
                return _load_file(folder, file)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # What an installed module lacks itself is another matter.
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            return None
        raise


def _load_file(folder: Path, file: Path) -> ModuleType:
    """The module of a file, whose neighbours it may import; no other module gives way to it."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    name = f"front_end:{file}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where a dataclass of it looks
    spec.loader.exec_module(module)
    return module


def _reason(error: BaseException) -> str:
    """The line of the user's module that it came from, and what it says."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and not frame.filename.startswith("<")
    ]
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    place = f" in {Path(own[-1].filename).name}, line {own[-1].lineno}" if own else ""
    said = shown(" ".join(str(error).split()))
    return f"{place}: {type(error).__name__}" + (f": {said}" if said else "")
