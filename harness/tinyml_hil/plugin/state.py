"""What the plugin keeps for a run of pytest; nothing is loaded before it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tinyml_hil.errors import UsageError
from tinyml_hil.plugin.options import HISTORY, all_given, given
from tinyml_hil.project import Project
from tinyml_hil.session import Options, chosen_target, load_options

if TYPE_CHECKING:
    from tinyml_hil.session import Session

FACTS = pytest.StashKey[dict[str, Any]]()
"""What the device of this process told; see ``tinyml_hil.run.device_facts``."""
FACTS_OUTPUT = "tinyml_hil_facts"
"""Under which name a pytest-xdist worker hands its facts over."""
RECORD = "tinyml_hil"
"""The attribute of a test's report that holds the record of its input, as plain types."""
RENAMED = pytest.StashKey[dict[str, str]]()
"""Options whose own name is somebody else's; see ``options.add_options``."""
WORKER_LOGS = "tinyml_hil_logs"
"""What tells a pytest-xdist worker where the run's logs are."""
_OPTIONS = pytest.StashKey[Options]()
_PROJECT = pytest.StashKey[Project]()
_SESSION = pytest.StashKey["Session"]()


def read_options(config: pytest.Config) -> None:
    """Reads what was chosen, from the command line, the environment and the project's settings.

    Raises:
        UsageError: a value cannot be used.
    """
    config.stash[_PROJECT] = Project.at(config.rootpath)
    config.stash[_OPTIONS] = load_options(config.stash[_PROJECT], all_given(config))
    if config.stash[_OPTIONS].device:
        raise UsageError("pytest takes one device: --target; tinyml-hil evaluate takes several")


def project_of(config: pytest.Config) -> Project:
    """The project in pytest's rootdir."""
    return config.stash[_PROJECT]


def options_of(config: pytest.Config) -> Options:
    """What was chosen."""
    return config.stash[_OPTIONS]


def history_of(config: pytest.Config) -> str:
    """URL of the history."""
    return given(config, HISTORY) or project_of(config).history


def target_is_chosen(config: pytest.Config) -> bool:
    """Whether a target was chosen for this run: then it has to be there."""
    return chosen_target(given(config, "target"))


def is_worker(config: pytest.Config) -> bool:
    """Whether this is one of pytest-xdist's workers."""
    return hasattr(config, "workerinput")


def session_of(config: pytest.Config) -> Session:
    """The session of this process, made when it is first asked for.

    SIGTERM and a hang-up end the run as Ctrl-C does from then on, and a worker ends with its
    parent, so that no device is left behind.
    """
    if _SESSION not in config.stash:
        from tinyml_hil.process import end_as_at_ctrl_c, stop_with_parent
        from tinyml_hil.session import Session

        config.stash[_SESSION] = Session(options_of(config), project_of(config))
        config.add_cleanup(end_as_at_ctrl_c())
        if is_worker(config):
            stop_with_parent()
    return config.stash[_SESSION]
