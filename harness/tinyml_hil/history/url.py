"""Where the history is."""

from __future__ import annotations

import os

from tinyml_hil import paths

URL_VARIABLE = "TINYML_HIL_HISTORY"


def history_url(given: str | None) -> str:
    """Where the history is: as given, or as TINYML_HIL_HISTORY says, or in a file of SQLite."""
    return given or os.environ.get(URL_VARIABLE) or f"sqlite:///{paths.BUILD / 'history.sqlite'}"
