"""What is kept of a run of pytest, and where its transcripts are; made when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tinyml_hil.plugin.state import WORKER_LOGS, project_of, session_of

if TYPE_CHECKING:
    from tinyml_hil.plugin.pytest_run import PytestRun

_RUN = pytest.StashKey["PytestRun"]()
_LOGS = pytest.StashKey[Path]()


def run_of(config: pytest.Config) -> PytestRun:
    """What keeps this run's record, made when it is first asked for; workers have none."""
    if _RUN not in config.stash:
        from tinyml_hil.plugin.pytest_run import PytestRun

        config.stash[_RUN] = PytestRun(config, session_of(config))
        config.pluginmanager.register(config.stash[_RUN], "tinyml_hil_run")
    return config.stash[_RUN]


def has_run(config: pytest.Config) -> bool:
    """Whether there is something that keeps a record."""
    return _RUN in config.stash


def log_folder_of(config: pytest.Config) -> Path:
    """Where this process keeps its transcripts: a folder for each run, in it one a worker."""
    if _LOGS not in config.stash:
        config.stash[_LOGS] = _log_folder(config)
    return config.stash[_LOGS]


def _log_folder(config: pytest.Config) -> Path:
    worker: dict[str, str] | None = getattr(config, "workerinput", None)
    if worker:
        return Path(worker[WORKER_LOGS]) / worker["workerid"]
    transcripts = run_of(config).transcripts if has_run(config) else None
    return transcripts or project_of(config).new_log()
