"""What is kept of a run of pytest, and where its transcripts are; made when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tinyml_hil.plugin.state import WORKER_LOGS, options_of, project_of, sessions_of

if TYPE_CHECKING:
    from tinyml_hil.plugin.pytest_run import PytestRun

_RUN = pytest.StashKey["PytestRun"]()
_LOGS = pytest.StashKey[dict[str, Path]]()


def run_of(config: pytest.Config) -> PytestRun:
    """What keeps this run's record, made when it is first asked for; workers have none."""
    if _RUN not in config.stash:
        from tinyml_hil.plugin.pytest_run import PytestRun

        config.stash[_RUN] = PytestRun(config, sessions_of(config))
        config.pluginmanager.register(config.stash[_RUN], "tinyml_hil_run")
    return config.stash[_RUN]


def has_run(config: pytest.Config) -> bool:
    """Whether there is something that keeps a record."""
    return _RUN in config.stash


def log_folders_of(config: pytest.Config) -> dict[str, Path]:
    """Where this process keeps its transcripts: a folder for each run, in it one a worker.

    By the devices' names where there are several; else there is one, and its name is empty.
    """
    if _LOGS not in config.stash:
        config.stash[_LOGS] = _log_folders(config)
    return config.stash[_LOGS]


def _log_folders(config: pytest.Config) -> dict[str, Path]:
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker:
        told: dict[str, str] = worker[WORKER_LOGS]
        return {name: Path(folder) / worker["workerid"] for name, folder in told.items()}
    # Not asked where it need not be: who tests no firmware does without a session.
    names = sessions_of(config) if options_of(config).device else [""]
    if has_run(config) and run_of(config).folder:
        return {name: run_of(config).transcripts(name) for name in names}
    return {name: project_of(config).new_log() for name in names}
