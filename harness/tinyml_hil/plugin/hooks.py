"""The pytest plugin: options, fixtures, transcripts. It wires, no more."""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
from collections.abc import Callable, Generator, Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from tinyml_hil import paths
from tinyml_hil.build import Firmware
from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device
from tinyml_hil.errors import HilError, MissingCommandError, SetupError, UsageError
from tinyml_hil.model import Model, Reference
from tinyml_hil.plugin import budget_fixture, quarantine
from tinyml_hil.plugin.pytest_run import FACTS, FACTS_OUTPUT, PytestRun
from tinyml_hil.process import stop_with_parent
from tinyml_hil.record import TRANSCRIPTS, InputRecord, record_to_plain
from tinyml_hil.run import device_facts
from tinyml_hil.session import Evaluation, Options, Session
from tinyml_hil.target import Target, Transcript

SESSION = pytest.StashKey[Session]()
_RUN = pytest.StashKey[PytestRun]()
_LOGS = pytest.StashKey[Path]()
_TRANSCRIPT = pytest.StashKey[tuple[Transcript, int]]()
_RESULT = pytest.StashKey[dict[str, Any]]()
_WORKER_LOGS = "tinyml_hil_logs"
"""What tells a pytest-xdist worker where the run's logs are."""
_TRANSCRIPT_SHOWN = 40
_LONGEST_NAME = 200


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the fields of ``Options``."""
    group = parser.getgroup("tinyml-hil", "machine learning on a microcontroller")
    group.addoption("--history", metavar="URL", help="where runs are recorded; see docs/ci.md")
    types = get_type_hints(Options)
    for option in fields(Options):
        group.addoption(
            f"--{option.name.replace('_', '-')}",
            type=_type(types[option.name]),
            # None tells that it was not given.
            default=None,
            choices=option.metadata["choices"],
            metavar=option.metadata["metavar"],
            help=_help(option),
        )


def _type(annotation: Any) -> Callable[[str], Any]:
    kind = next(k for k in (annotation, *get_args(annotation)) if isinstance(k, type))
    return _positive if kind is int else kind


def _help(option: Field[Any]) -> str:
    plain = isinstance(option.default, str | int | float)
    return (
        f"{option.metadata['help']} (default: {option.default})"
        if plain
        else option.metadata["help"]
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Runs the product's own suite, too, where pytest did not find its pytest.ini.

    Before plugins are loaded, pytest takes the value in ``--dataset PATH`` for a test path, and
    looks for pytest.ini there, not here.
    """
    here = early_config.invocation_params.dir
    named = early_config.known_args_namespace.file_or_dir
    if early_config.inipath is None and not named and here == paths.ROOT:
        args += ["--import-mode=importlib", str(paths.ROOT / "tests" / "hil")]


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def _options(config: pytest.Config) -> Options:
    given = {name: config.getoption(name) for name in Options.__dataclass_fields__}
    return Options(**{name: value for name, value in given.items() if value is not None})


def pytest_configure(config: pytest.Config) -> None:
    """Makes the session; lets SIGTERM end a run as Ctrl-C does, so that nothing is left behind."""
    config.addinivalue_line("markers", "hil: runs firmware on the target")
    try:
        session = config.stash[SESSION] = Session(_options(config))
        if not _is_worker(config):
            config.stash[_RUN] = PytestRun(config, session)
            config.pluginmanager.register(config.stash[_RUN])
    except (UsageError, OSError) as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[_LOGS] = _log_folder(config)
    config.pluginmanager.register(budget_fixture, "tinyml_hil_budgets")
    config.pluginmanager.register(quarantine, "tinyml_hil_quarantine")
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
        config.add_cleanup(_restore_sigterm)
    if _is_worker(config):
        stop_with_parent()


def _restore_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _log_folder(config: pytest.Config) -> Path:
    """A folder for each run, and in it one for each worker."""
    worker: dict[str, str] | None = getattr(config, "workerinput", None)
    if worker:
        return Path(worker[_WORKER_LOGS]) / worker["workerid"]
    folder = config.stash[_RUN].folder
    return folder / TRANSCRIPTS if folder else paths.run_logs()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a pytest-xdist worker where the run's logs are."""
    node.workerinput[_WORKER_LOGS] = str(node.config.stash[_LOGS])


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuses a chosen target that cannot be used, and builds the firmware before workers start."""
    config = session.config
    if config.getoption("target") and not _is_worker(config):
        try:
            _check(config)
            config.stash[_RUN].begin()
        except (HilError, OSError) as error:
            raise pytest.UsageError(str(error)) from None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Lets a pytest-xdist worker hand over what its device told."""
    config = session.config
    if _is_worker(config):
        config.workeroutput[FACTS_OUTPUT] = config.stash.get(FACTS, {})  # type: ignore[attr-defined]


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _check(config: pytest.Config) -> None:
    session = config.stash[SESSION]
    session.check()
    if config.getoption("numprocesses", None):
        # A worker cannot end the run with a message: what fails at boot has to fail here.
        with session.device(config.stash[_LOGS] / "check.log"):
            pass


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Makes each image of the dataset a test of its own, where a test asks for ``image_index``."""
    if "image_index" not in metafunc.fixturenames:
        return
    try:
        dataset = metafunc.config.stash[SESSION].dataset
    except HilError as error:
        raise pytest.UsageError(str(error)) from None
    ids = [f"{i}-{dataset.class_name(dataset.label(i))}" for i in range(len(dataset))]
    metafunc.parametrize("image_index", range(len(dataset)), ids=ids)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks the tests that run firmware; skips them where the default target is not installed."""
    running = [item for item in items if "firmware" in getattr(item, "fixturenames", ())]
    for item in running:
        item.add_marker("hil")
    if not running or config.getoption("target"):
        return
    try:
        session = config.stash[SESSION]
        session.target.check(session.target_options)
    except SetupError as error:
        for item in running:
            item.add_marker(pytest.mark.skip(reason=str(error)))


@pytest.fixture(scope="session")
def hil(pytestconfig: pytest.Config) -> Session:
    """The session: every part of the run, from the options."""
    return pytestconfig.stash[SESSION]


@pytest.fixture(scope="session")
def target(hil: Session) -> type[Target]:
    """The target's class."""
    return hil.target


@pytest.fixture(scope="session")
def model(hil: Session) -> Model:
    """The model, from ``--model``."""
    return hil.model


@pytest.fixture(scope="session")
def dataset(hil: Session) -> Dataset:
    """The dataset, from ``--dataset`` and ``--images``."""
    return hil.dataset


@pytest.fixture(scope="session")
def reference(hil: Session) -> Reference:
    """The reference, from ``--reference``."""
    return hil.reference


@pytest.fixture(scope="session")
def firmware(hil: Session) -> Firmware:
    """The firmware: built now, or from ``--firmware``."""
    return hil.firmware


@pytest.fixture(scope="session")
def log_folder(pytestconfig: pytest.Config) -> Path:
    """Where this run, or this worker of it, keeps its transcripts."""
    return pytestconfig.stash[_LOGS]


@pytest.fixture(scope="session")
def _running_device(
    pytestconfig: pytest.Config, hil: Session, firmware: Firmware, log_folder: Path
) -> Iterator[Device]:
    try:
        with hil.device(log_folder / "session.log") as device:
            pytestconfig.stash[FACTS] = device_facts(device, hil)
            yield device
            if device.idle:
                with contextlib.suppress(HilError):  # what was known at the start is known still
                    pytestconfig.stash[FACTS] = device_facts(device, hil)
    except UsageError as error:
        if _is_worker(pytestconfig):
            raise
        pytest.exit(str(error), pytest.ExitCode.USAGE_ERROR)


@pytest.fixture
def device(
    _running_device: Device, request: pytest.FixtureRequest, log_folder: Path
) -> Iterator[Device]:
    """The running device. What a test says to it is kept, and shown if the test fails.

    A test that loses the device, by a fault or a time-out, does not spoil the next: it is reset.
    """
    node: pytest.Item = request.node
    node.stash[_TRANSCRIPT] = (_running_device.transcript, _running_device.transcript.mark())
    yield _running_device
    try:
        if _running_device.lost:
            _running_device.reset()
    finally:
        _keep_transcript(node, log_folder)


def _keep_transcript(node: pytest.Item, folder: Path) -> None:
    transcript, mark = node.stash[_TRANSCRIPT]
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", f"{node.path.stem}-{node.name}")[:_LONGEST_NAME]
    (folder / f"{name}.log").write_text("\n".join(transcript.since(mark)) + "\n")


@pytest.fixture(scope="session")
def _session_evaluation(hil: Session, _running_device: Device) -> Evaluation:
    return hil.evaluation(_running_device)


@pytest.fixture
def evaluation(_session_evaluation: Evaluation, device: Device) -> Evaluation:
    """The evaluation of the dataset on the device; it runs each image once a session."""
    return _session_evaluation


@pytest.fixture
def record_result(
    request: pytest.FixtureRequest, dataset: Dataset
) -> Callable[[InputRecord], None]:
    """Puts the record of an image into the test's report and into the run's."""

    def record(result: InputRecord) -> None:
        classes = {
            "label": result.label,
            "device": result.device_class,
            "host": result.host_class,
        }
        properties = request.node.user_properties
        properties += [(name, dataset.class_name(number)) for name, number in classes.items()]
        request.node.stash[_RESULT] = record_to_plain(result)

    return record


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Gives a failure its transcript, and an error that speaks for itself no traceback."""
    report = yield
    if call.excinfo and _lacks_a_command(item, call.excinfo.value):
        _skip(item, report, str(call.excinfo.value))
    elif call.excinfo and isinstance(call.excinfo.value, HilError):
        report.longrepr = str(call.excinfo.value)
    if report.failed and _TRANSCRIPT in item.stash:
        transcript, mark = item.stash[_TRANSCRIPT]
        lines = transcript.since(mark)[-_TRANSCRIPT_SHOWN:]
        report.sections.append((f"UART; all of it: {transcript.path}", "\n".join(lines)))
    if "image_index" in getattr(item, "fixturenames", ()):
        # pytest-xdist carries attributes of plain types from its workers.
        report.tinyml_hil = item.stash.get(_RESULT, None)  # type: ignore[attr-defined]
    return report


def _lacks_a_command(item: pytest.Item, error: BaseException) -> bool:
    """Whether firmware that was brought lacks what a test asks for; that built here must not."""
    given = item.config.stash[SESSION].options.firmware
    return given is not None and isinstance(error, MissingCommandError)


def _skip(item: pytest.Item, report: pytest.TestReport, reason: str) -> None:
    path, line, _ = item.location
    report.outcome = "skipped"
    report.longrepr = (path, (line or 0) + 1, f"Skipped: {reason}")
