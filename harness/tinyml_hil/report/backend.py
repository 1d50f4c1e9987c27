"""Backend: matplotlib is loaded whatever MPLBACKEND names, and only where something is drawn.

It takes half a second to load, and most commands draw nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def whatever_backend() -> Iterator[None]:
    """Lets matplotlib be imported where MPLBACKEND names no backend: a report opens no window.

    One that there is stays chosen for the user's own plots.
    """
    chosen = os.environ.pop("MPLBACKEND", None)
    try:
        yield
    finally:
        if chosen is not None:
            os.environ["MPLBACKEND"] = chosen
            with suppress(ValueError):
                sys.modules["matplotlib"].rcParams["backend"] = chosen
