"""What the plugin keeps for a run of pytest; nothing is loaded before it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tinyml_hil.plugin.options import HISTORY, all_given, given
from tinyml_hil.project import Project
from tinyml_hil.session import Options, chosen_target, load_options

if TYPE_CHECKING:
    from tinyml_hil.session import Session

DEVICE = "tinyml_hil_device"
"""The attribute of a test's report that names the device that it ran on; empty if there is one."""
FACTS = pytest.StashKey[dict[str, dict[str, Any]]]()
"""What each device of this process told; see ``tinyml_hil.run.device_facts``."""
FACTS_OUTPUT = "tinyml_hil_facts"
"""Under which name a pytest-xdist worker hands its facts over."""
RECORD = "tinyml_hil"
"""The attribute of a test's report that holds the record of its input, as plain types."""
RENAMED = pytest.StashKey[dict[str, str]]()
"""Options whose own name is somebody else's; see ``options.add_options``."""
WORKER_LOGS = "tinyml_hil_logs"
"""What tells a pytest-xdist worker where the run's logs are."""
DEVICE_FIXTURE = "_device_name"
"""The fixture that says which device a test runs on; tests of several have it as a parameter."""
_OPTIONS = pytest.StashKey[Options]()
_PROJECT = pytest.StashKey[Project]()
_SESSIONS = pytest.StashKey[dict[str, "Session"]]()


def read_options(config: pytest.Config) -> None:
    """Reads what was chosen, from the command line, the environment and the project's settings.

    Raises:
        UsageError: a value cannot be used.
    """
    config.stash[_PROJECT] = Project.at(config.rootpath)
    config.stash[_OPTIONS] = load_options(config.stash[_PROJECT], all_given(config))


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
    """Whether a target was chosen for this run, or several: then it has to be there."""
    return any(chosen_target(given(config, name), name) for name in ("target", "device"))


def is_worker(config: pytest.Config) -> bool:
    """Whether this is one of pytest-xdist's workers."""
    return hasattr(config, "workerinput")


def sessions_of(config: pytest.Config) -> dict[str, Session]:
    """The sessions of this process, one for each device, made when they are first asked for.

    SIGTERM and a hang-up end the run as Ctrl-C does from then on, and a worker ends with its
    parent, so that no device is left behind.

    Raises:
        UsageError: what was chosen names no devices.
    """
    if _SESSIONS not in config.stash:
        from tinyml_hil import session
        from tinyml_hil.process import end_as_at_ctrl_c, stop_with_parent

        config.stash[_SESSIONS] = {
            name: _own_part(config, found)
            for name, found in session.sessions_of(options_of(config), project_of(config)).items()
        }
        config.add_cleanup(end_as_at_ctrl_c())
        if is_worker(config):
            stop_with_parent()
    return config.stash[_SESSIONS]


def _own_part(config: pytest.Config, session: Session) -> Session:
    """Of devices that share the inputs, that of this worker; else the session itself."""
    if not is_worker(config):
        return session
    number = int(config.workerinput["workerid"].removeprefix("gw"))  # type: ignore[attr-defined]
    return session.sharers[number % len(session.sharers)]


def session_of(config: pytest.Config) -> Session:
    """The session of the only device, or of the first: models and inputs are the same for all."""
    return next(iter(sessions_of(config).values()))


def device_of(item: pytest.Item) -> str:
    """The device that a test runs on; empty if there is one only, or it needs none."""
    call: Any = getattr(item, "callspec", None)
    return str(call.params.get(DEVICE_FIXTURE, "")) if call else ""
