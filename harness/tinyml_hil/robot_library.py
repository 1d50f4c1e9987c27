"""Robot Framework keywords over the same session and device that pytest has."""

from __future__ import annotations

import atexit
import functools
import itertools
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints

from robot.api import Failure, FatalError, SkipExecution, TypeInfo, logger
from robot.api.deco import keyword, library
from robot.libraries.BuiltIn import BuiltIn

from tinyml_hil import __version__
from tinyml_hil.device import PASSED, Device, LayerComparison
from tinyml_hil.errors import FaultError, HilError, SetupError, UsageError
from tinyml_hil.project import Project
from tinyml_hil.record import InputRecord
from tinyml_hil.session import Options, Session, chosen_target, difference, load_options

P = ParamSpec("P")
R = TypeVar("R")
_NUMBERS = itertools.count(1)


def _keyword(
    function: Callable[Concatenate[HilLibrary, P], R],
) -> Callable[Concatenate[HilLibrary, P], R]:
    """Fails with the harness's own message, and logs what went over the link meanwhile."""

    @keyword
    @functools.wraps(function)
    def run(self: HilLibrary, /, *arguments: P.args, **named: P.kwargs) -> R:
        mark = self.transcript_mark()
        try:
            return function(self, *arguments, **named)
        except HilError as error:
            raise Failure(str(error)) from None
        finally:
            self.log_transcript(mark)

    return run


@library(scope="SUITE", version=__version__, listener="SELF")
class HilLibrary:
    """Runs an image classifier on a microcontroller, simulated or real, and checks its answers.

    A device is started by `Start Device` and ended by `Stop Device`, or at the end of the suite.
    What is said to it and what it answers is in the log of each keyword. A device that was lost, by
    a fault or a time-out, is reset before the next keyword that needs it.

    = Options =

    The options are those of ``pytest --help`` without their dashes: ``target``, ``platform``,
    ``model``, ``firmware``, ``firmware_config``, ``door``, ``dataset``, ``reference``, ``lane``,
    ``images``, ``arena``, ``ops``, ``reply_timeout``, ``port``, ``probe``, ``baud``, ``flash``,
    ``volume``, ``debugger``, ``renode``, ``renode_driver``. Each is an argument of `Start Device`,
    or else a variable in upper case:

    | robot --variable TARGET:board --variable PORT:/dev/ttyACM0 robot_tests

    = Example =

    | ***** Settings *****
    | Library    tinyml_hil.robot_library.HilLibrary
    |
    | ***** Test Cases *****
    | A Ship Is A Ship
    |     Start Device    target=qemu
    |     ${class} =    Classify Image    1
    |     Should Be Equal    ${class}    ship
    |     Output Should Equal The Host
    """

    def __init__(self) -> None:
        """Starts nothing yet."""
        self._running = ExitStack()
        self._session: Session | None = None
        self._started: Device | None = None
        self._record: InputRecord | None = None
        # Robot Framework runs no teardown when it is interrupted twice.
        atexit.register(self._running.close)

    def close(self) -> None:
        """Ends the device at the end of the suite, whatever the suite did."""
        self._stop()
        atexit.unregister(self._running.close)

    @_keyword
    def start_device(self, /, **options: Any) -> None:
        """Builds the firmware, runs it on the target, and awaits the end of its boot.

        ``options`` are named as in `Options`. Where no target is chosen and the default one is not
        installed, the test or suite is skipped. Where what variables choose cannot be used or
        reached, the whole execution is stopped.

        | Start Device    target=renode    reply_timeout=120
        """
        self._stop()
        chosen = _options(options)
        project = Project.around(Path.cwd())
        path = project.new_log("robot-") / f"device-{next(_NUMBERS)}.log"
        try:
            self._session = Session(load_options(project, chosen), project)
            self._session.check()
            self._started = self._running.enter_context(self._session.device(path))
        except HilError as error:
            if isinstance(error, SetupError) and not chosen_target(chosen.get("target")):
                raise SkipExecution(str(error)) from None
            if options:
                raise
            # Chosen for all suites alike: one error, not one a suite.
            raise FatalError(str(error)) from None
        logger.info(f"transcript: {path}")

    @_keyword
    def stop_device(self) -> None:
        """Ends the device, with every process that belongs to it. It may have ended already."""
        self._stop()

    @_keyword
    def reset_device(self) -> None:
        """Resets the device and awaits the end of its boot; one that died is started afresh."""
        self._any_device.reset()

    @_keyword
    def boot_output_should_contain(self, text: str) -> None:
        """Fails unless a line that the firmware printed since the last reset contains ``text``.

        | Boot Output Should Contain    image 0: label cat
        """
        lines = self._device.boot_lines
        if not any(text in line for line in lines):
            raise Failure("\n".join([f"the boot output does not contain {text!r}:", *lines]))

    @_keyword
    def self_test_should_have_passed(self) -> None:
        """Fails unless the self-test that the firmware ran at its boot passed."""
        _require_passed(self._device.boot_lines)

    @_keyword
    def self_test_should_pass(self) -> None:
        """Runs the self-test once more, and fails unless it passes."""
        _require_passed(self._device.selftest())

    @_keyword
    def get_device_info(self) -> dict[str, Any]:
        """What the firmware says of itself, such as ``build_id``, ``platform`` and ``model``.

        | ${info} =    Get Device Info
        | Should Be Equal    ${info}[platform]    mps2-an500
        """
        return asdict(self._device.info)

    @_keyword
    def device_should_run_the_firmware(self) -> None:
        """Fails unless the device reports the build id of the ELF, the platform and the model."""
        info, session = self._device.info, self._chosen
        wanted = {
            "build_id": session.firmware.build_id,
            "platform": session.platform.name,
            "model_sha256": session.model.sha256,
        }
        for name, value in wanted.items():
            if getattr(info, name) != value:
                raise Failure(f"{name} is {getattr(info, name)}, not {value}")

    @_keyword
    def get_number_of_images(self) -> int:
        """How many images the dataset has."""
        return len(self._chosen.dataset)

    @_keyword
    def get_label(self, index: int) -> str:
        """The class that image ``index`` is labelled with; empty if its label is no class."""
        self._require_image(index)
        return self._chosen.dataset.label_name(index)

    @_keyword
    def classify_image(self, index: int) -> str:
        """Classifies image ``index`` of the dataset on the device; the name of its class.

        The image is also classified on the host; see `Output Should Equal The Host`.

        | ${class} =    Classify Image    3
        """
        self._require_image(index)
        record = self._chosen.evaluation(self._device).record(index)
        self._record = record
        task = self._chosen.task
        logger.info(
            f"image {index}: label {task.label(record)}, "
            f"device {task.answer(record, 'device')}, host {task.answer(record, 'host')}, "
            f"{record.ticks} {self._device.ticks_unit}"
        )
        return task.answer(record, "device")

    @_keyword
    def output_should_equal_the_host(self) -> None:
        """Fails unless every bit of the last output of `Classify Image` is that of the host."""
        if self._record is None:
            raise UsageError("no image has been classified yet: Classify Image")
        if text := difference(self._record, self._chosen.dataset, self._chosen.task):
            raise Failure(text + _why(self._chosen, self._record))

    @_keyword
    def layers_should_equal_the_host(self, index: int) -> None:
        """Runs image ``index`` on the device and on the host, and compares every op's output.

        Fails with the first op that gives other bits than the reference's.

        | Layers Should Equal The Host    0
        """
        self._require_image(index)
        session = self._chosen
        tensor = session.model.input_of(session.dataset.image(index))
        comparison = LayerComparison(self._device, session.model, session.reference_choice.name)
        if first := comparison.first_difference(tensor):
            raise Failure(f"the first layer that differs is {first}")

    @_keyword
    def get_output(self) -> list[int | float | None]:
        """The output of the last `Classify Image`, to compare one with another: raw, or as it was
        printed, with None for what was not.
        """
        if self._record is None:
            raise UsageError("no image has been classified yet: Classify Image")
        known = zip(self._record.output.tolist(), self._record.compared, strict=True)
        return [value if is_known else None for value, is_known in known]

    @_keyword
    def fault_should_be_reported_in(self, function: str, kind: str) -> None:
        """Provokes a fault, and fails unless its report names ``function``, its file and its line.

        ``kind`` is one that the command ``fault`` knows: ``udf``, ``bus`` or ``div``. The test is
        skipped where the target's processor does not raise it.

        | Fault Should Be Reported In    fault_undefined_instruction    udf
        """
        target = self._chosen.target
        if kind not in target.faults:
            raise SkipExecution(f"{target.name} does not raise a fault of the kind {kind}")
        try:
            said = "\n".join(self._device.console.request(f"fault {kind}"))
        except FaultError as error:
            said = str(error)
        logger.info(said)
        if not re.search(rf"^ *pc {re.escape(function)} \(\S+:\d+\)$", said, re.MULTILINE):
            raise Failure(f"no fault was reported in {function}; the device said:\n{said}")

    @_keyword
    def send_command(self, command: str) -> list[str]:
        """Sends a command of the serial protocol, and returns the lines of its reply.

        | ${lines} =    Send Command    name
        """
        return self._device.console.request(command)

    @property
    def _chosen(self) -> Session:
        if self._session is None:
            raise UsageError("no device has been started yet: Start Device")
        return self._session

    @property
    def _any_device(self) -> Device:
        if self._started is None:
            raise UsageError("no device is running: Start Device")
        return self._started

    @property
    def _device(self) -> Device:
        device = self._any_device
        device.bring_back()
        return device

    def _require_image(self, index: int) -> None:
        count = len(self._chosen.dataset)
        if not 0 <= index < count:
            raise UsageError(f"there is no image {index}: the dataset has {count}")

    def _stop(self) -> None:
        self._started = self._record = None
        self._running.close()

    def transcript_mark(self) -> int:
        """Where the transcript of the running device stands."""
        return self._started.transcript.mark() if self._started else 0

    def log_transcript(self, mark: int) -> None:
        """Logs what went over the link since ``mark``."""
        if self._started and (lines := self._started.transcript.since(mark)):
            logger.info("\n".join(lines))


def _require_passed(lines: list[str]) -> None:
    if PASSED not in lines:
        raise Failure("\n".join(["the self-test did not pass:", *lines]))


def _options(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of Options that an argument or else a variable chooses, each in its own type."""
    hints = get_type_hints(Options)
    if unknown := sorted(given.keys() - hints.keys()):
        raise UsageError(f"no option {', '.join(unknown)}; there are: {', '.join(hints)}")
    chosen = {name: BuiltIn().get_variable_value(f"${{{name.upper()}}}") for name in hints} | given
    try:
        return {
            name: TypeInfo.from_type_hint(hints[name]).convert(value, name)
            for name, value in chosen.items()
            if value not in (None, "")
        }
    except ValueError as error:
        raise UsageError(str(error)) from error


def _why(session: Session, record: InputRecord) -> str:
    """A line that says why an output differs; empty if that is not found quickly."""
    # Here, since few runs have anything to explain, and it takes a while to load.
    from tinyml_hil.explanation import explain_quickly

    found = explain_quickly(session, session.reference_choice.name, [record])
    return f"\nwhy: {found.sentence}" if found else ""
