"""Printed send: an input as firmware in its own words wants to be sent it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tinyml_hil.errors import UsageError

_FIELD = re.compile(r"\{([a-z0-9]+)\}")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.?)", re.DOTALL)
_ESCAPED = {"n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0", "\\": b"\\"}
_FORMS: dict[str, Callable[[NDArray[Any]], bytes]] = {
    "hex": lambda tensor: tensor.tobytes().hex().encode(),
    "base64": lambda tensor: base64.b64encode(tensor.tobytes()),
    "bytes": lambda tensor: tensor.tobytes(),
    "values": lambda tensor: ",".join(map(str, tensor.ravel())).encode(),
}


class Template:
    """The key ``send`` of a table [printed]."""

    def __init__(self, text: str, file: Path) -> None:
        """``text``: empty if nothing is sent. ``file``: the table's, for messages.

        Raises:
            UsageError: it has no input in it, or what there is not.
        """
        where = f"{file}: send in [printed]"
        pieces = _FIELD.split(text)
        self._texts = [_unescaped(piece, where) for piece in pieces[::2]]
        self._fields = pieces[1::2]
        forms = ", ".join(f"{{{name}}}" for name in _FORMS)
        if unknown := [name for name in self._fields if name not in _FORMS]:
            raise UsageError(f"{where} has {{{unknown[0]}}}; there are: {forms}")
        if text and not self._fields:
            raise UsageError(f"{where} has no input in it; it is one of: {forms}")

    def __bool__(self) -> bool:
        """Whether anything is sent."""
        return bool(self._fields)

    def filled(self, tensor: NDArray[Any]) -> bytes:
        """What is sent for a tensor."""
        first, *others = self._texts
        inputs = (_FORMS[name](tensor) for name in self._fields)
        return first + b"".join(map(bytes.__add__, inputs, others))


def _unescaped(text: str, where: str) -> bytes:
    r"""A text with ``\n`` and the like as the bytes that they mean."""
    first, *rest = _ESCAPE.split(text)
    content = first.encode()
    for escape, following in zip(rest[::2], rest[1::2], strict=True):
        if escape in _ESCAPED:
            content += _ESCAPED[escape]
        elif len(escape) == 3:
            content += bytes.fromhex(escape[1:])
        else:
            raise UsageError(
                f"{where} has \\{escape}; there are \\n, \\r, \\t, \\0, \\\\ and \\xNN"
            )
        content += following.encode()
    return content
