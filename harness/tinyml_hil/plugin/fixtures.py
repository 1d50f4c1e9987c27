"""The fixtures: every part of a run, from the options that choose it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tinyml_hil.errors import GoneError, HilError
from tinyml_hil.plugin.keeping import log_folders_of
from tinyml_hil.plugin.notices import notices_of
from tinyml_hil.plugin.state import FACTS, device_of, history_of, is_worker, sessions_of

if TYPE_CHECKING:
    from tinyml_hil.build import Firmware
    from tinyml_hil.dataset import Dataset
    from tinyml_hil.device import Device
    from tinyml_hil.gate import Budgets
    from tinyml_hil.model import Model, Reference
    from tinyml_hil.record import Circumstances, InputRecord
    from tinyml_hil.session import Evaluation, Session
    from tinyml_hil.target import Transcript

TRANSCRIPT = pytest.StashKey[tuple["Transcript", int]]()
"""The device's transcript, and where a test's part of it begins."""
RESULT = pytest.StashKey[dict[str, Any]]()
"""The record of a test's input, as plain types."""
_LONGEST_NAME = 200


@pytest.fixture(scope="session")
def _device_name(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> str:
    """Which device it is; where there are several, each test that needs it is one for each."""
    return str(getattr(request, "param", next(iter(sessions_of(pytestconfig)))))


@pytest.fixture(scope="session")
def hil(pytestconfig: pytest.Config, _device_name: str) -> Session:
    """The session: every part of the run, from the options."""
    return sessions_of(pytestconfig)[_device_name]


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
def log_folder(pytestconfig: pytest.Config, _device_name: str) -> Path:
    """Where this run, or this worker of it, keeps its transcripts."""
    folders = log_folders_of(pytestconfig)
    return folders.get(_device_name) or folders[""]


@pytest.fixture(scope="session")
def _running_device(
    pytestconfig: pytest.Config,
    hil: Session,
    firmware: Firmware,
    log_folder: Path,
    _device_name: str,
) -> Iterator[Device]:
    from tinyml_hil.run import device_facts

    facts = pytestconfig.stash.setdefault(FACTS, {})
    try:
        with hil.device(log_folder / "session.log") as device:
            with contextlib.suppress(GoneError):
                facts[_device_name] = device_facts(device, hil)
            if device.lost:
                device.bring_back()
                facts[_device_name] = device_facts(device, hil)
            yield device
            if device.idle:
                with contextlib.suppress(HilError):  # what was known at the start is known still
                    facts[_device_name] = device_facts(device, hil)
    except HilError as error:
        if is_worker(pytestconfig):
            notices_of(pytestconfig).give_up(_device_name, str(error).partition("\n")[0])
            raise
        pytest.exit(str(error), pytest.ExitCode.USAGE_ERROR)


@pytest.fixture
def device(
    _running_device: Device, request: pytest.FixtureRequest, log_folder: Path
) -> Iterator[Device]:
    """The running device. What a test says to it is kept, and shown if the test fails.

    A test that loses the device, by a fault or a time-out, does not spoil the next: it is reset.
    One that went away is started again, once; after that there is one error, and the rest is
    skipped.
    """
    node: pytest.Item = request.node
    node.stash[TRANSCRIPT] = (_running_device.transcript, _running_device.transcript.mark())
    notices = notices_of(request.config)
    try:
        _running_device.bring_back()
        yield _running_device
    finally:
        notices.observe(_running_device, device_of(node), node.nodeid)
        _keep_transcript(node, log_folder)


def _keep_transcript(node: pytest.Item, folder: Path) -> None:
    transcript, mark = node.stash[TRANSCRIPT]
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
def record_result(request: pytest.FixtureRequest, hil: Session) -> Callable[[InputRecord], None]:
    """Puts the record of an image into the test's report and into the run's."""
    from tinyml_hil.record import SIDES, record_to_plain

    def record(result: InputRecord) -> None:
        answers = [(side, hil.task.answer(result, side)) for side in SIDES]
        request.node.user_properties += [("label", hil.task.label(result)), *answers]
        request.node.stash[RESULT] = record_to_plain(result)

    return record


@pytest.fixture(scope="session")
def _circumstances(hil: Session, dataset: Dataset, _running_device: Device) -> Circumstances:
    from tinyml_hil.dataset import survey_of
    from tinyml_hil.record import Circumstances, engine_of
    from tinyml_hil.run import versions_of

    return Circumstances(
        platform=hil.platform.name,
        model=hil.model.name,
        model_path=str(hil.model.path.absolute()),
        model_sha256=hil.model.sha256,
        unit=_running_device.ticks_unit,
        compiler=versions_of(hil).get("compiler", ""),
        engine=engine_of(hil.options.to_plain()),
        ops=hil.options.ops,
        selftest=hil.firmware.sizes.selftest,
        dataset_sha256=survey_of(dataset, hil.model).sha256,
    )


@pytest.fixture(scope="session")
def _budgets(hil: Session, _circumstances: Circumstances) -> Budgets:
    from tinyml_hil.gate import load_budgets

    return load_budgets(_circumstances, hil.project)


@pytest.fixture
def budget(
    request: pytest.FixtureRequest, _circumstances: Circumstances, _budgets: Budgets
) -> Callable[[float], None]:
    """Fails the test if a value does not keep the budget that its marker names.

    The test is skipped where there is no such limit.
    """
    from tinyml_hil.history import with_since

    name = _named(request.node)
    if reason := _budgets.why_none(name):
        pytest.skip(reason)

    def check(value: float) -> None:
        outcome = _budgets.check(name, value)
        if outcome and not outcome.ok:
            url = history_of(request.config)
            (outcome,) = with_since([outcome], _circumstances, "this run", url)
            pytest.fail(outcome.message(), pytrace=False)

    return check


def _named(item: pytest.Item) -> str:
    from tinyml_hil.record import MEASURES

    marker = item.get_closest_marker("budget")
    name = marker.args[0] if marker and marker.args else None
    if name not in MEASURES:
        raise pytest.UsageError(
            f"{item.nodeid}: the fixture needs the marker of a budget, such as "
            f'@pytest.mark.budget("flash"); there are: {", ".join(MEASURES)}'
        )
    return str(name)
