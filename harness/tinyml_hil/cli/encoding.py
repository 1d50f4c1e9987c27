"""What is printed where the encoding of standard output lacks a character, as in LANG=C."""

from __future__ import annotations

import codecs
import io
import sys

_HANDLER = "tinyml-hil"
_IN_ASCII = dict(zip("▁▂▃▄▅▆▇█", "1234567#", strict=True)) | dict.fromkeys("▏▎▍▌▋▊▉", "#")
"""Of the bars of tables and trends."""


def print_in_any_encoding() -> None:
    """Lets a bar become ASCII, and what else cannot be printed a question mark; never an error."""
    codecs.register_error(_HANDLER, _replaced)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=_HANDLER)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end]
    return "".join(_IN_ASCII.get(character, "?") for character in lacking), error.end
