"""Project: the user's own folder: its settings, and where runs, budgets and caches belong."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinyml_hil.errors import UsageError
from tinyml_hil.toml import read_toml

TABLE = "tinyml-hil"
"""The table below ``[tool]`` in a project's pyproject.toml."""
PLACES = ("reports", "history", "cache", "baselines")
"""The settings that say where things are, besides the options of a run."""
TARGETS_TABLE = "targets"
"""The table of targets of the project's own: each a name and ``module:Class``."""
_MARKS = ("pyproject.toml", "pytest.ini", ".pytest.ini")
_VARIABLE = "TINYML_HIL_"


def variable(name: str) -> str:
    """The environment's name of a setting."""
    return _VARIABLE + name.replace("-", "_").upper()


@dataclass(frozen=True)
class Project:
    """A folder, and what its pyproject.toml says below ``[tool.tinyml-hil]``.

    The environment is stronger than the file: TINYML_HIL_REPORTS, TINYML_HIL_CACHE and so on.
    """

    root: Path
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def at(cls, root: Path) -> Project:
        """The project in a folder.

        Raises:
            UsageError: its pyproject.toml cannot be read.
        """
        return cls(root.resolve(), _read_settings(root / "pyproject.toml"))

    @classmethod
    def around(cls, folder: Path) -> Project:
        """The project that a folder belongs to, as pytest finds its rootdir; else the folder's own.

        Raises:
            UsageError: its pyproject.toml cannot be read.
        """
        folder = folder.resolve()
        marked = (f for f in (folder, *folder.parents) if any((f / m).is_file() for m in _MARKS))
        return cls.at(next(marked, folder))

    @property
    def file(self) -> Path:
        """Where the settings are read from."""
        return self.root / "pyproject.toml"

    @property
    def reports(self) -> Path:
        """One folder a run; see docs/results.md."""
        return self._place("reports") or self.root / "hil-reports"

    @property
    def history(self) -> str:
        """URL of the history; a path means a file of SQLite's."""
        given = os.environ.get(variable("history")) or self._setting("history")
        if given and "://" in given:
            return given
        return f"sqlite:///{self._place('history') or self.reports / 'history.sqlite'}"

    @property
    def cache(self) -> Path:
        """Where what can be made again is kept: firmware that was built, downloads, logs."""
        return self._place("cache") or _user_cache()

    @property
    def logs(self) -> Path:
        """Where commands that leave no run keep their transcripts."""
        return self.cache / "logs"

    @property
    def baselines(self) -> Path:
        """What budgets compare a run with, a file a platform and model."""
        return self._place("baselines") or self.root / "baselines"

    @property
    def budgets(self) -> Path:
        """The budgets' file, which need not be there."""
        return self.root / "budgets.toml"

    @property
    def platforms(self) -> Path:
        """The folder of the project's own platforms, which need not be there."""
        return self.root / "platforms"

    @property
    def targets(self) -> dict[str, str]:
        """The project's own targets: each a name and ``module:Class``.

        Raises:
            UsageError: the settings have something else there.
        """
        table = self.settings.get(TARGETS_TABLE, {})
        if not isinstance(table, dict) or not all(isinstance(v, str) for v in table.values()):
            raise UsageError(
                f"{self.file}: [tool.{TABLE}.{TARGETS_TABLE}] names 'module:Class' each"
            )
        return dict(table)

    def new_log(self, prefix: str = "") -> Path:
        """A folder for the transcripts of one process: named after the time and the process."""
        return self.logs / f"{prefix}{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"

    def _place(self, name: str) -> Path | None:
        """A path of the environment, from where the process is, or of the settings, from here."""
        if given := os.environ.get(variable(name)):
            return Path(given).absolute()
        setting = self._setting(name)
        return self.root / setting if setting else None

    def _setting(self, name: str) -> str:
        value = self.settings.get(name, "")
        if not isinstance(value, str) or "\0" in value:
            raise UsageError(f"{self.file}: [tool.{TABLE}] {name} is {value!r}, not a path")
        return value


def _read_settings(file: Path) -> dict[str, Any]:
    try:
        table: Any = read_toml(file)
    except FileNotFoundError:
        return {}
    for name in ("tool", TABLE):
        table = table.get(name, {})
        if not isinstance(table, dict):
            raise UsageError(f"{file}: {name} is no table")
    return dict(table)


def _user_cache() -> Path:
    import platformdirs  # here: pytest starts in many folders where nothing of this is used

    return platformdirs.user_cache_path("tinyml-hil", appauthor=False)
