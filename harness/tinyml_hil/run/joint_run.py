"""Joint run: several devices on the same inputs, a run each, and what they come to together."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinyml_hil import report
from tinyml_hil.device import explain
from tinyml_hil.errors import HilError, UsageError
from tinyml_hil.project import Project
from tinyml_hil.record import (
    JOINT,
    RECORD,
    RESULTS,
    TRANSCRIPTS,
    Agreement,
    Disagreement,
    InputRecord,
    JointDevice,
    JointRecord,
    RunRecord,
    Status,
    find_run,
    load_joint,
    load_record,
    load_results,
    new_folder,
    utc_now,
)
from tinyml_hil.run.ongoing_run import OngoingRun
from tinyml_hil.session import Options, Session, sessions_of
from tinyml_hil.words import first_line

_NAME = "joint"
"""In place of a target, in the name of the folder."""


@dataclass
class DeviceRun:
    """The run of one of the devices: under way, or over since the joint run was resumed."""

    session: Session
    folder: Path
    record: RunRecord
    records: list[InputRecord]
    """Of the inputs that it had; grows while it is under way."""
    ongoing: OngoingRun | None = None
    """None if it was over when the joint run was resumed."""
    error: HilError | None = None
    """Why its device could not go on."""


class JointRun:
    """The folder that joins the runs; each of these has one of its own, as a run of one device."""

    def __init__(self, folder: Path, record: JointRecord, runs: dict[str, DeviceRun]) -> None:
        """Writes joint.json; see ``begin`` and ``resume``."""
        self.folder = folder
        self.record = record
        self.runs = runs
        """By the device's name."""
        record.devices = self._devices()
        record.save(folder)

    @classmethod
    def begin(
        cls,
        runs: dict[str, DeviceRun],
        options: Options,
        command: list[str],
        folder: Path,
    ) -> JointRun:
        """Joins runs that have begun; see ``begin_on``.

        Args:
            runs: by the devices' names.
            options: which these were made from.
            command: program and arguments, to repeat it.
            folder: a new one.

        Raises:
            OSError: it cannot be written.
        """
        record = JointRecord(folder.name, command, utc_now(), [], options.to_plain())
        return cls(folder, record, runs)

    @staticmethod
    def new_folder(reports: Path) -> Path:
        """Makes the folder of a new one.

        Raises:
            OSError: it could not be made.
        """
        return new_folder(_NAME, reports)

    @classmethod
    def resume(cls, folder: Path, options: Options, project: Project, devices: int) -> JointRun:
        """Goes on with what was interrupted, on each device that has not done all.

        Args:
            folder: the joint run's.
            options: that are given now.
            project: whose runs they are.
            devices: how many of each are needed at once.

        Raises:
            UsageError: all have ended, or one was made with something else.
            SetupError, LinkError: something is not installed, or not there.
            OSError: a folder cannot be written.
        """
        record = load_joint(folder)
        if record.status in ("passed", "failed"):
            raise UsageError(f"the run {record.id} has {record.status}: there is nothing to resume")
        sessions = sessions_of(options.resuming(Options.from_plain(record.options)), project)
        if list(sessions) != [device["name"] for device in record.devices]:
            raise UsageError(
                f"{folder / JOINT} is damaged: its devices are not those of its options"
            )
        runs = {
            device["name"]: _resumed(sessions[device["name"]], device["run"], record, devices)
            for device in record.devices
        }
        record.status, record.ended, record.disagreements, record.notes = "running", "", [], []
        return cls(folder, record, runs)

    @property
    def agreement(self) -> Agreement:
        """Of what the devices gave up to now."""
        return Agreement({name: run.records for name, run in self.runs.items()})

    @property
    def error(self) -> HilError | None:
        """Why the first device could not go on that could not."""
        return next((run.error for run in self.runs.values() if run.error), None)

    def places(self) -> list[str]:
        """Where the runs are, and their page if they have one: a line each, for people."""
        places = [f"run: {self.folder}"]
        if (self.folder / report.PAGE).is_file():
            places.append(f"report: {self.folder / report.PAGE}")
        return places

    def finish(self) -> str:
        """Writes what the runs, which have ended, come to together, and the report.

        Returns:
            Why there is no report; empty if there is one.

        Raises:
            OSError: it could not be written; what was there before is whole.
        """
        record = self.record
        record.devices = self._devices()
        if not any(device["run"] for device in record.devices):
            shutil.rmtree(self.folder)
            return ""
        found = self.agreement
        record.inputs, record.equal = len(found.rows), found.equal
        statuses = {"interrupted" if r.error else r.record.status for r in self.runs.values()}
        is_cut = "interrupted" in statuses and not self.error  # somebody waits for it to end
        record.disagreements = [
            self._told(each) if is_cut else f"{self._told(each)}; {self._layer(each)}"
            for each in found.disagreements
        ]
        record.notes = list(self._notes(found))
        worst: list[Status] = ["running", "interrupted", "failed", "passed"]
        record.status = next(status for status in worst if status in statuses)
        if record.disagreements and record.status == "passed":
            record.status = "failed"
        record.ended = utc_now()
        record.save(self.folder)
        return "" if is_cut else report.write_report_or_warn(self.folder)

    def _devices(self) -> list[JointDevice]:
        """The devices, and their runs: none of one that came to nothing, and was taken back."""
        return [
            {"name": name, "run": run.record.id if (run.folder / RECORD).is_file() else ""}
            for name, run in self.runs.items()
        ]

    def _told(self, found: Disagreement) -> str:
        dataset = self.runs[found.device].session.dataset
        return found.sentence(dataset.title, dataset.what)

    def _layer(self, found: Disagreement) -> str:
        """The first layer that differs, of the input that differs most; the device runs again."""
        session = self.runs[found.device].session
        tensor = session.model.input_of(session.dataset.image(found.index))
        logs = self.folder / TRANSCRIPTS
        logs.mkdir(exist_ok=True)
        number = list(self.runs).index(found.device)
        try:
            with session.device(logs / f"layers{number}.log") as device:
                return explain(device, session.model, session.reference_choice.name, tensor)
        except HilError as error:
            return f"the layer that differs first is not known: {first_line(error)}"

    def _notes(self, found: Agreement) -> Iterator[str]:
        for name, run in self.runs.items():
            if run.error:
                yield f"{name} ended early: {first_line(run.error)}"
        for name in found.printed:
            yield (
                f"{name} prints its outputs in decimals: they are compared with the host's, and "
                "not byte for byte with those of other devices"
            )


def begin_on(session: Session, command: list[str], folder: Path | None = None) -> DeviceRun:
    """Starts the run of one of the devices; as ``OngoingRun.begin``."""
    return _under_way(session, OngoingRun.begin(session, command, folder))


def _under_way(session: Session, run: OngoingRun) -> DeviceRun:
    return DeviceRun(session, run.folder, run.record, run.records, run)


def _resumed(session: Session, run: str, joint: JointRecord, devices: int) -> DeviceRun:
    """Goes on with the run of a device; one that came to nothing, ``run`` empty, begins anew."""
    folder = find_run(run, session.project.reports) if run else None
    record = load_record(folder) if folder else None
    if folder and record and record.status in ("passed", "failed"):
        return DeviceRun(session, folder, record, load_results(folder / RESULTS))
    session.check(devices)
    if not folder:
        return begin_on(session, joint.command)
    return _under_way(session, OngoingRun.resume(session, folder))
