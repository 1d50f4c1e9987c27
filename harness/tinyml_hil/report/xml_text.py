"""XML text: what XML can hold."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def writable(text: str) -> str:
    """The text with a question mark for each character that XML 1.0 cannot write (section 2.2)."""
    return _FORBIDDEN.sub("?", text)
