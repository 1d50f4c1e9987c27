"""The plugin's hooks: options, which tests run firmware, what a failure shows. They wire, no more.

Loaded at every start of pytest in the environment, used or not: what is not needed to say that
there is nothing to do is imported where it is needed.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from tinyml_hil import paths
from tinyml_hil.errors import HilError, MissingCommandError, SetupError, UsageError
from tinyml_hil.plugin import notices, quarantine
from tinyml_hil.plugin.ending import Ending
from tinyml_hil.plugin.keeping import has_run, log_folders_of, run_of
from tinyml_hil.plugin.options import add_options, all_given, joined
from tinyml_hil.plugin.state import (
    DEVICE,
    DEVICE_FIXTURE,
    FACTS,
    FACTS_OUTPUT,
    RECORD,
    RENAMED,
    WORKER_LOGS,
    device_of,
    history_of,
    is_worker,
    options_of,
    project_of,
    read_options,
    session_of,
    sessions_of,
    target_is_chosen,
)
from tinyml_hil.words import shortened

if TYPE_CHECKING:
    from tinyml_hil.session import Session

BUDGET = "budget"
_ADDED = "PYTEST_ADDOPTS"
_DATA = ("model", "signature", "dataset", "labels", "sample")
"""Options that whoever gives them means to be used, on whatever target."""
_UNUSABLE = pytest.StashKey[str]()
"""Why there are no images to make tests of."""
_TRANSCRIPT_SHOWN = 40
_LONGEST_NAME = 40
"""Characters of a class in the name of a test."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser
) -> Generator[None]:
    """Adds our options when everybody else has added theirs.

    If the values of ours were taken for paths of tests, pytest has looked for its settings in the
    wrong place by now: it starts again, with arguments that cannot be mistaken.
    """
    invocation = early_config.invocation_params
    given = [str(argument) for argument in invocation.args]
    always = shlex.split(os.environ.get(_ADDED, ""))
    clear, always_clear = joined(given, parser), joined(always, parser)
    if (clear, always_clear) != (given, always):
        if always:
            os.environ[_ADDED] = shlex.join(always_clear)
        raise SystemExit(pytest.main(clear, plugins=invocation.plugins))
    yield
    early_config.stash[RENAMED] = add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Reads what was chosen, and begins to keep a record if a target was."""
    config.addinivalue_line("markers", "hil: runs firmware on the target")
    config.addinivalue_line("markers", f"{BUDGET}(name): checks this budget of budgets.toml")
    config.pluginmanager.register(quarantine, "tinyml_hil_quarantine")
    config.pluginmanager.import_plugin("tinyml_hil.plugin.fixtures")
    notices.register(config)
    try:
        read_options(config)
        if all_given(config)["coverage"] and not target_is_chosen(config):
            raise UsageError("--coverage is of a run that is kept: choose its --target, too")
        if target_is_chosen(config) and not is_worker(config):
            run_of(config)
    except (UsageError, OSError) as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(Ending(config), "tinyml_hil_ending")
    if not is_worker(config):
        config.pluginmanager.register(_FirstRecord(config), "tinyml_hil_first_record")


class _FirstRecord:
    """Sees the first report of an input in a run that nobody chose a target for."""

    def __init__(self, config: pytest.Config) -> None:
        """Sees nothing yet."""
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Lets a run be kept from then on; workers of pytest-xdist keep none."""
        if hasattr(report, RECORD) and not has_run(self._config):
            run_of(self._config).pytest_runtest_logreport(report)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Says which options of ours are under another name, and what a device is compared with."""
    renamed = config.stash.get(RENAMED, {})
    lines = [
        f"tinyml-hil: --{name.replace('_', '-')} is somebody else's option here; ours is {other}"
        for name, other in renamed.items()
    ]
    if target_is_chosen(config) and not is_worker(config):
        choices = (str(session.reference_choice) for session in sessions_of(config).values())
        lines += [f"tinyml-hil: compared with {choice}" for choice in dict.fromkeys(choices)]
    return lines


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a pytest-xdist worker where the run's logs are."""
    folders = log_folders_of(node.config)
    node.workerinput[WORKER_LOGS] = {name: str(folder) for name, folder in folders.items()}


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuses what was chosen and cannot be used, and builds the firmware before workers start."""
    config = session.config
    if is_worker(config):
        return
    try:
        if target_is_chosen(config):
            _check(config)
            run_of(config).begin()
        elif config.getoption("numprocesses", None):
            _check_given_data(config)  # which workers could only say once a test
    except (HilError, OSError) as error:
        raise pytest.UsageError(str(error)) from None


def _check_given_data(config: pytest.Config) -> None:
    if any(all_given(config)[name] for name in _DATA):
        session_of(config).check_data()


def _check(config: pytest.Config) -> None:
    from tinyml_hil.history import require_history

    require_history(history_of(config))
    workers = config.getoption("numprocesses", None) or 0
    for session in sessions_of(config).values():
        _require_a_worker_each(session, workers)
        session.check(devices=max(workers, 1))
        for each in session.sharers if workers else ():
            # A worker cannot end the run with a message: what fails at boot has to fail here.
            with each.device(project_of(config).new_log() / "check.log"):
                pass


def _require_a_worker_each(session: Session, workers: int) -> None:
    devices = len(session.options.device)
    if session.options.share and workers != devices:
        raise UsageError(
            f"--share: the tests are divided among {devices} devices by pytest-xdist, a worker "
            f"each: give -n {devices}"
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Lets a pytest-xdist worker hand over what its device told."""
    config = session.config
    if is_worker(config):
        config.workeroutput[FACTS_OUTPUT] = config.stash.get(FACTS, {})  # type: ignore[attr-defined]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Makes each device, where there are several, and each image of the dataset a test of its own,
    where a test asks for ``image_index``.
    """
    if DEVICE_FIXTURE in metafunc.fixturenames and options_of(metafunc.config).device:
        _make_tests_of_devices(metafunc)
    if "image_index" not in metafunc.fixturenames:
        return
    try:
        dataset = session_of(metafunc.config).dataset
    except HilError as error:
        if is_worker(metafunc.config):  # which cannot end the run
            raise pytest.UsageError(str(error)) from None
        # From here it would be an error of each file's; when all are collected, it ends the run.
        metafunc.config.stash[_UNUSABLE] = str(error)
        metafunc.parametrize("image_index", [])
        return
    names = [dataset.label_name(i) for i in range(len(dataset))]
    ids = [f"{i}-{shortened(name, _LONGEST_NAME)}".rstrip("-") for i, name in enumerate(names)]
    metafunc.parametrize("image_index", range(len(dataset)), ids=ids)


def _make_tests_of_devices(metafunc: pytest.Metafunc) -> None:
    try:
        names = list(sessions_of(metafunc.config))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    if len(names) > 1:
        metafunc.parametrize(DEVICE_FIXTURE, names, ids=names, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks the tests that run firmware; skips them where the default target is not installed."""
    if unusable := config.stash.get(_UNUSABLE, ""):
        raise pytest.UsageError(unusable)
    _leave_out_other_tasks(config, items)
    running = [item for item in items if "firmware" in getattr(item, "fixturenames", ())]
    for item in running:
        item.add_marker("hil")
    if not running or target_is_chosen(config):
        return
    try:
        missing = {name: _missing(session) for name, session in sessions_of(config).items()}
        if not is_worker(config):
            _check_given_data(config)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    except SetupError as error:
        missing = dict.fromkeys(sessions_of(config), str(error))
    for item in running:
        if why := missing[device_of(item) or next(iter(missing))]:
            item.add_marker(pytest.mark.skip(reason=why))


def _missing(session: Session) -> str:
    """What is not installed that the session's target needs; empty if all is."""
    try:
        session.target.check(session.target_options)
    except SetupError as error:
        return str(error)
    return ""


def _leave_out_other_tasks(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Takes out the suite's budgets of what the model's task does not come to."""
    from tinyml_hil.record import OF_ANSWERS

    def measure_of(item: pytest.Item) -> str:
        marker = item.get_closest_marker("budget")
        is_ours = marker and marker.args and item.path.is_relative_to(paths.SUITE)
        return str(marker.args[0]) if marker and is_ours else ""

    if not any(measure_of(item) in OF_ANSWERS for item in items):
        return
    try:
        measures = session_of(config).task.measures
    except HilError:  # which is said where the run needs it
        return
    others = set(OF_ANSWERS) - set(measures)
    items[:] = [item for item in items if measure_of(item) not in others]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Gives a failure its transcript, and an error that speaks for itself no traceback."""
    from tinyml_hil.plugin.failures import said_by
    from tinyml_hil.plugin.fixtures import RESULT, TRANSCRIPT

    report = yield
    if name := device_of(item):
        setattr(report, DEVICE, name)
    if call.excinfo and _lacks_a_command(item, call.excinfo.value):
        _skip(item, report, str(call.excinfo.value))
    elif call.excinfo and isinstance(call.excinfo.value, HilError):
        report.longrepr = str(call.excinfo.value)
    elif call.excinfo and _is_a_check_of_ours(item, call.excinfo.value):
        report.longrepr = said_by(report)
    if report.failed and TRANSCRIPT in item.stash:
        transcript, mark = item.stash[TRANSCRIPT]
        if lines := transcript.since(mark)[-_TRANSCRIPT_SHOWN:]:
            report.sections.append((f"UART; all of it: {transcript.path}", "\n".join(lines)))
    if "image_index" in getattr(item, "fixturenames", ()):
        # pytest-xdist carries attributes of plain types from its workers.
        setattr(report, RECORD, item.stash.get(RESULT, None))
    return report


def _is_a_check_of_ours(item: pytest.Item, error: BaseException) -> bool:
    """Whether an assertion of the suite's failed, whose code is not the user's to read."""
    return isinstance(error, AssertionError) and item.path.is_relative_to(paths.SUITE)


def _lacks_a_command(item: pytest.Item, error: BaseException) -> bool:
    """Whether firmware that was brought, or its door, lacks what a test asks for.

    What was built here, behind its own protocol, must not.
    """
    if not isinstance(error, MissingCommandError):
        return False
    options = sessions_of(item.config).get(device_of(item), session_of(item.config)).options
    return options.firmware is not None or options.door == "debugger"


def _skip(item: pytest.Item, report: pytest.TestReport, reason: str) -> None:
    path, line, _ = item.location
    report.outcome = "skipped"
    report.longrepr = (path, (line or 0) + 1, f"Skipped: {reason}")
